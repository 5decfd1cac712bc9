import { assert } from "../assert.ts";
import type { Env } from "../env/env.ts";
import type { OperatorSnapshot } from "../operators/operator.ts";
import type { StateEntry, StateStore } from "../state/backend.ts";
import type { Actor } from "./executor.ts";
import type { Subtask } from "./subtask.ts";
import type { SubtaskName, TraceListener } from "./trace.ts";

/** What a subtask adds to a checkpoint. */
export interface SubtaskSnapshot {
  readonly operators: readonly OperatorSnapshot[];
  /** How the store names the entries; `undefined` of a subtask without keyed state. */
  readonly handle: Uint8Array | undefined;
  /** The bytes of the entries that changed. */
  readonly bytes: number;
}

/** What a snapshot writer needs of its surroundings. */
export interface SnapshotWriterOptions {
  readonly at: SubtaskName;
  readonly env: Env;
  readonly subtask: Subtask;
  /** Where keyed entries go; `undefined` if the subtask has none. */
  readonly store: StateStore | undefined;
  readonly trace: TraceListener | undefined;
  readonly wake: () => void;
  readonly written: (checkpointId: number, snapshot: SubtaskSnapshot) => void;
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

/** Writes the frozen snapshots of one subtask, one after the other, a slice at a time, while records flow on. */
export class SnapshotWriter implements Actor {
  readonly #options: SnapshotWriterOptions;
  readonly #frozen: number[] = [];
  #gathered: Gathered = { puts: [], deletes: [], bytes: 0 };
  #bytes = 0;
  #busy = false;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  /** A snapshot has been frozen. An aborted one is written all the same: the next one builds on it. */
  add(checkpointId: number): void {
    this.#frozen.push(checkpointId);
    this.#options.wake();
  }

  step(): boolean {
    const checkpointId = this.#frozen[0];
    if (this.#busy || checkpointId === undefined) return false;
    const part = this.#options.subtask.nextPart(checkpointId, ENTRIES_PER_STEP);
    switch (part.kind) {
      case "more":
        return true;
      case "waiting":
        return false;
      case "entries":
        this.#gather(part.puts, part.deletes);
        if (this.#gathered.bytes < WRITE_BYTES) return true;
        this.#do(this.#write(checkpointId));
        return false;
      case "done":
        this.#do(this.#seal(checkpointId, part.operators));
        return false;
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

  async #write(checkpointId: number): Promise<void> {
    const { store, env, at } = this.#options;
    const { puts, deletes, bytes } = this.#gathered;
    if (bytes === 0) return;
    assert(store !== undefined, `${at.stage} has entries to write and no store`);
    this.#gathered = { puts: [], deletes: [], bytes: 0 };
    this.#bytes += bytes;
    env.point("snapshot.writing", { checkpointId, ...at });
    await store.write(checkpointId, { puts, deletes, rangeDeletes: [] });
  }

  async #seal(checkpointId: number, operators: readonly OperatorSnapshot[]): Promise<void> {
    const { store, env, at, trace, written } = this.#options;
    await this.#write(checkpointId);
    const handle = await store?.seal(checkpointId);
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#frozen.shift();
    env.point("snapshot.written", { checkpointId, ...at });
    trace?.({ kind: "snapshot-written", checkpointId, at, bytes });
    written(checkpointId, { operators, handle, bytes });
  }

  #do(work: Promise<void>): void {
    this.#busy = true;
    work.then(() => {
      this.#busy = false;
      this.#options.wake();
    }, this.#options.fail);
  }
}
