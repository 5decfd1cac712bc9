import { assert } from "../assert.ts";
import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import type { Env } from "../env/env.ts";
import { isTidemarkError } from "../errors.ts";
import type { OperatorSnapshot } from "../operators/operator.ts";
import type { StateChanges, StateEntry, StateStore } from "../state/backend.ts";
import type { Capture } from "./capture.ts";
import type { Actor } from "./executor.ts";
import type { InFlightObject } from "./in-flight-writer.ts";
import type { Subtask } from "./subtask.ts";
import type { SubtaskName, TraceListener } from "./trace.ts";

/** What a subtask adds to a checkpoint. */
export interface SubtaskSnapshot {
  readonly operators: readonly OperatorSnapshot[];
  /** How the store names the entries; `undefined` of a subtask without keyed state. */
  readonly handle: Uint8Array | undefined;
  /** The bytes of the entries that changed. */
  readonly bytes: number;
  /** The objects with the records that barriers overtook. */
  readonly inFlight: readonly InFlightObject[];
}

/** What a snapshot writer needs of its surroundings. */
export interface SnapshotWriterOptions {
  readonly at: SubtaskName;
  readonly env: Env;
  readonly subtask: Subtask;
  /** Where keyed entries go; `undefined` if the subtask has none. */
  readonly store: StateStore | undefined;
  /** Makes durable what barriers overtook. */
  readonly writeInFlight: (capture: Capture) => Promise<readonly InFlightObject[]>;
  readonly trace: TraceListener | undefined;
  readonly wake: () => void;
  readonly written: (checkpointId: number, snapshot: SubtaskSnapshot) => void;
  /** The subtask takes no part in the checkpoint. */
  readonly declined: (checkpointId: number, reason: DeclineReason, error: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** How many changed entries are encoded before others have a turn. */
const ENTRIES_PER_STEP = 512;

/** Parts are gathered up to this many bytes before they are written: each write may cost the store a sync. */
const WRITE_BYTES = 256 * 1024;

interface Gathered {
  readonly puts: StateEntry[];
  readonly deletes: Uint8Array[];
  bytes: number;
}

/**
 * Writes the frozen snapshots of one subtask, one after the other, a slice at a time, while records flow on. A store that
 * fails and may be asked again costs the checkpoint, not the job: what it did not take goes into the next one.
 */
export class SnapshotWriter implements Actor {
  readonly #options: SnapshotWriterOptions;
  readonly #frozen: { readonly checkpointId: number; readonly capture: Capture | undefined }[] = [];
  /** What the subtask gave last of the snapshot being written, once all its entries are here. */
  #operators: readonly OperatorSnapshot[] | undefined;
  #gathered: Gathered = { puts: [], deletes: [], bytes: 0 };
  #bytes = 0;
  #busy = false;
  /** Changes that the store did not take, oldest first. */
  #untaken: StateChanges[] = [];
  /** The checkpoint being written that was declined: nothing more of it is tried. */
  #declined: number | undefined;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  /** A snapshot has been frozen. An aborted one is written all the same: the next one builds on it. */
  add(checkpointId: number, capture: Capture | undefined): void {
    this.#frozen.push({ checkpointId, capture });
    this.#options.wake();
  }

  step(): boolean {
    const [frozen] = this.#frozen;
    if (this.#busy || frozen === undefined) return false;
    const { checkpointId, capture } = frozen;
    if (this.#operators === undefined) return this.#nextPart(checkpointId);
    if (capture?.encodeNext() === true) return true;
    // The barriers of some channels are still on their way.
    if (capture?.isComplete === false) return false;
    this.#do(this.#seal(checkpointId, this.#operators, capture));
    return false;
  }

  #nextPart(checkpointId: number): boolean {
    const part = this.#options.subtask.nextPart(checkpointId, ENTRIES_PER_STEP);
    switch (part.kind) {
      case "more":
        return true;
      case "waiting":
        return false;
      case "entries":
        this.#gather(part.puts, part.deletes);
        if (this.#gathered.bytes < WRITE_BYTES) return true;
        this.#endBatch();
        this.#do(this.#attempt(checkpointId, () => this.#write(checkpointId)));
        return false;
      case "done":
        this.#endBatch();
        this.#operators = part.operators;
        return true;
    }
  }

  #gather(puts: readonly StateEntry[], deletes: readonly Uint8Array[]): void {
    const gathered = this.#gathered;
    for (const put of puts) {
      gathered.puts.push(put);
      gathered.bytes += put.key.length + put.value.length;
    }
    for (const key of deletes) {
      gathered.deletes.push(key);
      gathered.bytes += key.length;
    }
  }

  #endBatch(): void {
    const { puts, deletes, bytes } = this.#gathered;
    if (bytes === 0) return;
    this.#gathered = { puts: [], deletes: [], bytes: 0 };
    this.#bytes += bytes;
    this.#untaken.push({ puts, deletes, rangeDeletes: [] });
  }

  async #write(checkpointId: number): Promise<void> {
    const { store, env, at } = this.#options;
    for (let [changes] = this.#untaken; changes !== undefined; [changes] = this.#untaken) {
      assert(store !== undefined, `${at.stage} has entries to write and no store`);
      env.point("snapshot.writing", { checkpointId, ...at });
      await store.write(checkpointId, changes);
      this.#untaken.shift();
    }
  }

  async #seal(
    checkpointId: number,
    operators: readonly OperatorSnapshot[],
    capture: Capture | undefined,
  ): Promise<void> {
    const { store, env, at, trace, written, writeInFlight } = this.#options;
    await this.#attempt(checkpointId, () => this.#write(checkpointId));
    const handle = await this.#attempt(checkpointId, async () => store?.seal(checkpointId));
    const inFlight =
      capture === undefined || capture.isDropped
        ? []
        : ((await this.#attempt(checkpointId, () => writeInFlight(capture))) ?? []);
    this.#frozen.shift();
    this.#operators = undefined;
    if (this.#declined === checkpointId) return;
    const bytes = this.#bytes;
    this.#bytes = 0;
    env.point("snapshot.written", { checkpointId, ...at });
    const inFlightBytes = inFlight.reduce((sum, object) => sum + object.bytes, 0);
    trace?.({ kind: "snapshot-written", checkpointId, at, bytes, inFlightBytes });
    written(checkpointId, { operators, handle, bytes, inFlight });
  }

  /** Does something for a checkpoint, unless it has been declined; declines it if that fails and could be tried again. */
  async #attempt<T>(checkpointId: number, act: () => Promise<T>): Promise<T | undefined> {
    if (this.#declined === checkpointId) return undefined;
    try {
      return await act();
    } catch (error) {
      if (!isTidemarkError(error) || !error.retryable) throw error;
      this.#declined = checkpointId;
      this.#options.declined(checkpointId, "snapshot-failed", error);
      return undefined;
    }
  }

  #do(work: Promise<unknown>): void {
    this.#busy = true;
    work.then(() => {
      this.#busy = false;
      this.#options.wake();
    }, this.#options.fail);
  }
}
