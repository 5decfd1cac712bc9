import { assert } from "../assert.ts";
import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import type { Env } from "../env/env.ts";
import { isTidemarkError } from "../errors.ts";
import type { OperatorSnapshot } from "../operators/operator.ts";
import type { KeyRange, StateChanges, StateEntry, StateStore } from "../state/backend.ts";
import type { Capture } from "./capture.ts";
import type { Actor } from "./executor.ts";
import type { InFlightObject } from "./in-flight-writer.ts";
import type { SnapshotPart, Subtask } from "./subtask.ts";
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
  /** No checkpoint after this one has been triggered yet. */
  readonly lastId: number;
  readonly trace: TraceListener | undefined;
  readonly wake: () => void;
  readonly written: (checkpointId: number, snapshot: SubtaskSnapshot) => void;
  /** The subtask takes no part in the checkpoint. */
  readonly declined: (checkpointId: number, reason: DeclineReason, error: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** How many changed entries are encoded before others have a turn. */
const ENTRIES_PER_STEP = 128;

/** Parts are gathered up to this many bytes before they are written: each write may cost the store a sync. */
const WRITE_BYTES = 256 * 1024;

/** After a spill has failed it is tried again after so many milliseconds. */
const SPILL_RETRY_MS = 1_000;

interface Gathered {
  readonly puts: StateEntry[];
  readonly deletes: Uint8Array[];
  readonly rangeDeletes: KeyRange[];
  bytes: number;
}

/** What has been frozen: for a checkpoint, or to free memory before the next one. */
interface Frozen {
  /** What the subtask knows it by. */
  readonly snapshot: number;
  /** The epoch that its changes belong to. */
  readonly epoch: number;
  readonly isSpill: boolean;
  readonly capture: Capture | undefined;
}

/** A checkpoint whose entries are all with the store, or could not be taken by it. */
interface Gone {
  readonly checkpointId: number;
  readonly operators: readonly OperatorSnapshot[];
  readonly capture: Capture | undefined;
  readonly bytes: number;
}

/**
 * Writes the frozen snapshots of one subtask, one after the other, a slice at a time, while records flow on. A store that
 * fails and may be asked again costs the checkpoint, not the job: what it did not take goes into the next one.
 */
export class SnapshotWriter implements Actor {
  readonly #options: SnapshotWriterOptions;
  readonly #frozen: Frozen[] = [];
  readonly #sealing: Gone[] = [];
  /** What the subtask gave last of the snapshot being written, once all its entries are here. */
  #operators: readonly OperatorSnapshot[] | undefined;
  /**
   * Made when there is something to gather. A list that waited for the next checkpoint would be old by then, and the collector of
   * young garbage takes what an old object points to for alive, even once nothing points to that: all entries would grow old.
   */
  #gathered: Gathered | undefined;
  #bytes = 0;
  #busy = false;
  /** Changes that the store did not take, oldest first, and the snapshots that are in the store when it has. */
  #untaken: StateChanges[] = [];
  #unsettled: number[] = [];
  /** Checkpoints being written that were declined: nothing more of them is tried. */
  readonly #declined = new Set<number>();
  /** The last checkpoint whose barrier has come. */
  #lastCheckpoint: number;
  #isPaused = false;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
    this.#lastCheckpoint = options.lastId;
  }

  /** A snapshot has been frozen. An aborted one is written all the same: the next one builds on it. */
  add(checkpointId: number, capture: Capture | undefined): void {
    this.#lastCheckpoint = checkpointId;
    this.#frozen.push({ snapshot: checkpointId, epoch: checkpointId, isSpill: false, capture });
    this.#options.wake();
  }

  /**
   * Changes have been frozen to free memory. The checkpoint that they will belong to has no id yet, but ids only grow: the
   * epoch after the last one holds them, and whichever checkpoint is next seals that one too.
   */
  addSpill(spill: number): void {
    this.#frozen.push({ snapshot: spill, epoch: this.#lastCheckpoint + 1, isSpill: true, capture: undefined });
    this.#options.wake();
  }

  step(): boolean {
    if (this.#busy) return false;
    const [gone] = this.#sealing;
    if (gone?.capture?.encodeNext() === true) return true;
    // The barriers of some channels may still be on their way. What comes later is written meanwhile: they may come only
    // when it has been.
    if (gone !== undefined && gone.capture?.isComplete !== false) {
      this.#do(this.#seal(gone));
      return false;
    }
    if (this.#isPaused) return false;
    const [frozen] = this.#frozen;
    if (frozen === undefined) {
      if (this.#untaken.length > 0 && gone === undefined) this.#do(this.#catchUp());
      return false;
    }
    if (this.#operators === undefined) return this.#nextParts(frozen);
    this.#do(this.#end(frozen, this.#operators));
    return false;
  }

  /** Takes parts until they have the entries of one step: a part is of one key group, and most of those are small. */
  #nextParts(frozen: Frozen): boolean {
    for (let left = ENTRIES_PER_STEP; left > 0;) {
      const part = this.#options.subtask.nextPart(frozen.snapshot, left);
      switch (part.kind) {
        case "more":
          return true;
        case "waiting":
          return false;
        case "entries":
          left -= this.#gather(part);
          if ((this.#gathered?.bytes ?? 0) < WRITE_BYTES) continue;
          this.#endBatch();
          this.#do(this.#attempt(frozen, () => this.#write(frozen.epoch)));
          return false;
        case "done":
          this.#endBatch();
          this.#operators = part.operators;
          return true;
      }
    }
    return true;
  }

  /** @returns how much work the part was, in entries. */
  #gather({ puts, deletes, rangeDeletes }: Extract<SnapshotPart, { kind: "entries" }>): number {
    const gathered = (this.#gathered ??= { puts: [], deletes: [], rangeDeletes: [], bytes: 0 });
    for (const put of puts) {
      gathered.puts.push(put);
      gathered.bytes += put.key.length + put.value.length;
    }
    for (const key of deletes) {
      gathered.deletes.push(key);
      gathered.bytes += key.length;
    }
    for (const range of rangeDeletes) {
      gathered.rangeDeletes.push(range);
      gathered.bytes += range.from.length + range.to.length;
    }
    return 1 + puts.length + deletes.length;
  }

  #endBatch(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    this.#gathered = undefined;
    this.#bytes += gathered.bytes;
    this.#untaken.push(gathered);
  }

  async #write(epoch: number): Promise<void> {
    const { store, env, at } = this.#options;
    for (let [changes] = this.#untaken; changes !== undefined; [changes] = this.#untaken) {
      assert(store !== undefined, `${at.stage} has entries to write and no store`);
      env.point("snapshot.writing", { checkpointId: epoch, ...at });
      await store.write(epoch, changes);
      this.#untaken.shift();
    }
  }

  /** All entries of a snapshot are here: the rest of them is written, and what waited for that is told. */
  async #end(frozen: Frozen, operators: readonly OperatorSnapshot[]): Promise<void> {
    const { snapshot, epoch, isSpill, capture } = frozen;
    await this.#attempt(frozen, () => this.#write(epoch));
    if (isSpill && this.#untaken.length > 0) return this.#waitToRetry();
    this.#unsettled.push(snapshot);
    const settled = this.#untaken.length === 0 ? this.#unsettled.splice(0) : [];
    for (const written of settled) this.#options.subtask.written(written);
    this.#frozen.shift();
    this.#operators = undefined;
    if (isSpill) return;
    const gone = { checkpointId: snapshot, operators, capture, bytes: this.#bytes };
    this.#sealing.push(gone);
    if (!this.#declined.has(snapshot)) this.#bytes = 0;
    if (capture === undefined && this.#sealing.length === 1) await this.#seal(gone);
  }

  /**
   * Writes what the store did not take, though nothing new is frozen: records may wait until there is less in memory, and no barrier
   * comes behind them.
   */
  async #catchUp(): Promise<void> {
    const epoch = this.#lastCheckpoint + 1;
    await this.#attempt({ snapshot: epoch, isSpill: true }, () => this.#write(epoch));
    if (this.#untaken.length > 0) return this.#waitToRetry();
    for (const written of this.#unsettled.splice(0)) this.#options.subtask.written(written);
  }

  #waitToRetry(): void {
    this.#isPaused = true;
    this.#options.env.schedule(SPILL_RETRY_MS, () => {
      this.#isPaused = false;
      this.#options.wake();
    });
  }

  async #seal({ checkpointId, operators, capture, bytes }: Gone): Promise<void> {
    const { store, env, at, trace, written, writeInFlight } = this.#options;
    const sealed = { snapshot: checkpointId, isSpill: false };
    const handle = await this.#attempt(sealed, async () => store?.seal(checkpointId));
    const inFlight =
      capture === undefined || capture.isDropped
        ? []
        : ((await this.#attempt(sealed, () => writeInFlight(capture))) ?? []);
    capture?.drop();
    this.#sealing.shift();
    if (this.#declined.delete(checkpointId)) return;
    env.point("snapshot.written", { checkpointId, ...at });
    const inFlightBytes = inFlight.reduce((sum, object) => sum + object.bytes, 0);
    const stateBytes = store === undefined ? 0 : store.sealedBytes?.(checkpointId);
    trace?.({ kind: "snapshot-written", checkpointId, at, bytes, stateBytes, inFlightBytes });
    written(checkpointId, { operators, handle, bytes, inFlight });
  }

  /** Does something for a snapshot, unless it has been declined; declines a checkpoint if that fails and could be tried again. */
  async #attempt<T>(
    { snapshot, isSpill }: Pick<Frozen, "snapshot" | "isSpill">,
    act: () => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#declined.has(snapshot)) return undefined;
    try {
      return await act();
    } catch (error) {
      if (!isTidemarkError(error) || !error.retryable) throw error;
      if (isSpill) return undefined;
      this.#declined.add(snapshot);
      this.#options.declined(snapshot, "snapshot-failed", error);
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
