import type { Env } from "../env/env.ts";
import type { OperatorSnapshot } from "../operators/operator.ts";
import type { StateStore } from "../state/backend.ts";
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

/** Writes the frozen snapshots of one subtask, one after the other, a slice at a time, while records flow on. */
export class SnapshotWriter implements Actor {
  readonly #options: SnapshotWriterOptions;
  readonly #frozen: number[] = [];
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
        this.#do(this.#write(checkpointId, part.puts, part.deletes));
        return false;
      case "done":
        this.#do(this.#seal(checkpointId, part.operators));
        return false;
    }
  }

  async #write(
    checkpointId: number,
    puts: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
    deletes: readonly Uint8Array[],
  ): Promise<void> {
    const { store, env, at } = this.#options;
    if (store === undefined) throw new Error(`Cannot write a snapshot of ${at.stage}: it has no store`);
    for (const { key, value } of puts) this.#bytes += key.length + value.length;
    for (const key of deletes) this.#bytes += key.length;
    env.point("snapshot.writing", { checkpointId, ...at });
    await store.write(checkpointId, { puts, deletes, rangeDeletes: [] });
  }

  async #seal(checkpointId: number, operators: readonly OperatorSnapshot[]): Promise<void> {
    const { store, env, at, trace, written } = this.#options;
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
