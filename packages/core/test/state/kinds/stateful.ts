/** A table under handles, with a clock, and checkpoints of it that are restored under other declarations and parallelisms. */
import assert from "node:assert/strict";
import type { StateDescriptors, StateHandles } from "../../../src/state/descriptors.ts";
import { bindHandles, bindSweep, slotsOf } from "../../../src/state/handles.ts";
import { KeyContext } from "../../../src/state/key-context.ts";
import type { Key } from "../../../src/state/key-codec.ts";
import { type KeyGroupRange, keyGroupRange } from "../../../src/state/key-groups.ts";
import type { KeyedTable } from "../../../src/state/keyed-table.ts";
import type { StateEntry } from "../../../src/state/backend.ts";
import type { FrozenTable } from "../../../src/state/frozen-table.ts";
import type { TtlSweep } from "../../../src/state/ttl-sweep.ts";
import { KEY_GROUPS, tableOf, TableStore } from "../table-store.ts";

const ALL: KeyGroupRange = { first: 0, last: KEY_GROUPS - 1 };

/** How a {@link Stateful} begins. */
export interface StatefulOptions {
  readonly strict?: boolean;
  readonly now?: number;
  readonly range?: KeyGroupRange;
}

/** An operator's states, used for one key after the other. */
export class Stateful<S extends StateDescriptors> {
  readonly table: KeyedTable;
  readonly state: StateHandles<S>;
  readonly store = new TableStore();
  readonly sweep: TtlSweep | undefined;
  readonly range: KeyGroupRange;
  now: number;
  readonly #frozen: FrozenTable[] = [];
  readonly #context: KeyContext;

  constructor(descriptors: S, { strict = false, now = 0, range = ALL }: StatefulOptions = {}) {
    this.range = range;
    this.now = now;
    this.table = tableOf(slotsOf(descriptors), range);
    this.#context = new KeyContext("op", { strict, now: () => this.now });
    this.state = bindHandles(descriptors, this.table, this.#context);
    this.sweep = bindSweep(descriptors, this.table, this.#context, {
      start: () => assert.fail("nothing has left memory"),
    });
  }

  /** Does something with the state of a key. */
  at<R>(key: Key, use: (state: StateHandles<S>) => R): R {
    const row = this.table.row(this.table.space(null), key);
    this.table.hold(row);
    this.#context.row = row;
    try {
      return use(this.state);
    } finally {
      this.table.hold(undefined);
      this.#context.row = undefined;
    }
  }

  /** Cuts a checkpoint. */
  freeze(): void {
    this.#frozen.push(this.table.freeze());
  }

  /** Writes a slice of the oldest checkpoint that is not written yet. */
  write(): void {
    const [oldest] = this.#frozen;
    if (oldest !== undefined && this.store.takeSome(oldest, 2)) this.#frozen.shift();
  }

  /** Writes all that was cut before, and what the next checkpoint cuts. */
  save(): readonly StateEntry[] {
    this.freeze();
    for (const frozen of this.#frozen.splice(0)) this.store.drain(frozen, 3);
    return this.entries();
  }

  /** Writes one checkpoint to its end: the oldest. Later ones were never cut, as after a crash. */
  complete(): readonly StateEntry[] {
    const [oldest] = this.#frozen;
    if (oldest !== undefined) this.store.drain(oldest, 3);
    return this.entries();
  }

  entries(): readonly StateEntry[] {
    return [...this.store.entries.values()];
  }

  /** The bytes that the next checkpoint adds. */
  delta(): number {
    const frozen = this.table.freeze();
    let bytes = 0;
    for (let part = frozen.next(100); part !== "done"; part = frozen.next(100)) {
      if (part === "more") continue;
      for (const { key, value } of part.puts) bytes += key.length + value.length;
      for (const key of part.deletes) bytes += key.length;
    }
    return bytes;
  }

  restore(entries: readonly StateEntry[]): this {
    for (const entry of entries) if (this.table.restore(entry) !== undefined) this.store.add(entry);
    return this;
  }
}

/** The subtasks of a parallelism, each with what of the entries is its own. */
export function subtasksOf<S extends StateDescriptors>(
  descriptors: S,
  entries: readonly StateEntry[],
  parallelism: number,
  now = 0,
  strict = false,
): readonly Stateful<S>[] {
  return Array.from({ length: parallelism }, (_, subtask) =>
    new Stateful(descriptors, { now, strict, range: keyGroupRange(subtask, parallelism, KEY_GROUPS) }).restore(entries),
  );
}
