/** Handles of states with a time to live over a table whose entries leave memory when a test says so. */
import assert from "node:assert/strict";
import type { StateDescriptors, StateHandles } from "../../../src/state/descriptors.ts";
import { decodeEntryKey } from "../../../src/state/entry-codec.ts";
import { bindHandles, bindSweep, slotsOf } from "../../../src/state/handles.ts";
import { KeyContext } from "../../../src/state/key-context.ts";
import type { KeyedTable } from "../../../src/state/keyed-table.ts";
import type { TablePager } from "../../../src/state/paging/table-pager.ts";
import { StateMemory } from "../../../src/state/paging/state-memory.ts";
import type { TtlSweep } from "../../../src/state/ttl-sweep.ts";
import { type PagedStore, pagedTable, throughMisses } from "./paged-store.ts";

/** What the sweep reads, and is told when the test says so. */
interface Reading {
  readonly read: Promise<unknown>;
  readonly completed: (result: never) => void;
}

/** How a {@link LastingTable} begins. */
export interface LastingOptions {
  readonly now?: number;
  /** Default: 1, so that all entries of a state are read one after the other. */
  readonly keyGroups?: number;
}

/** A table that begins with nothing in memory. */
export class LastingTable<S extends StateDescriptors> {
  now: number;
  readonly store: PagedStore;
  readonly table: KeyedTable;
  readonly pager: TablePager;
  readonly #context = new KeyContext("op", { now: () => this.now });
  readonly #state: StateHandles<S>;
  readonly #sweep: TtlSweep | undefined;
  readonly #readings: Reading[] = [];

  constructor(descriptors: S, store: PagedStore, { now = 1, keyGroups = 1 }: LastingOptions = {}) {
    this.now = now;
    this.store = store;
    const memory = new StateMemory(Infinity);
    ({ table: this.table, pager: this.pager } = pagedTable(store, slotsOf(descriptors), memory, keyGroups));
    this.#state = bindHandles(descriptors, this.table, this.#context);
    const reads = {
      start: <T>(run: () => Promise<T>, completed: (result: T) => void) =>
        void this.#readings.push({ read: run(), completed }),
    };
    this.#sweep = bindSweep(descriptors, this.table, this.#context, reads);
    this.pager.isComplete = false;
  }

  /** Does something with the state of a key, after what it misses was loaded. */
  async at<R>(key: string, use: (state: StateHandles<S>) => R): Promise<R> {
    let result: R | undefined;
    const act = (): void => {
      const row = this.table.row(this.table.space(null), key);
      this.table.hold(row);
      this.#context.row = row;
      result = use(this.#state);
    };
    await throughMisses(this.table, act, () => undefined);
    return result as R;
  }

  step(cells: number): void {
    this.#sweep?.step(cells);
  }

  /** How many readings are under way. */
  get readings(): number {
    return this.#readings.length;
  }

  /** Tells the end of the oldest reading. */
  async endReading(): Promise<void> {
    const oldest = this.#readings.shift();
    if (oldest !== undefined) oldest.completed((await oldest.read) as never);
  }

  /** Tells the ends of all readings, and of those that they lead to. */
  async endReadings(): Promise<void> {
    while (this.readings > 0) await this.endReading();
  }

  /** All that was changed is written. */
  write(): void {
    this.store.freeze(this.table);
    this.store.writeAll();
  }

  /** All that was changed is written, and nothing stays in memory. */
  leave(): void {
    this.table.balance();
    this.write();
    this.pager.evictSome(() => true);
    assert.equal(this.table.space(null).size, 0);
  }

  /** One checkpoint after the other, with the clean-up that comes with each. */
  async checkpoints(count: number, cells = 1024): Promise<void> {
    for (let checkpoint = 0; checkpoint < count; checkpoint++) {
      this.step(cells);
      this.write();
      await this.endReadings();
    }
    this.write();
  }

  /** How many entries the store has, by state. */
  stored(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    this.store.entries.walk(new Uint8Array(0), false, (key) => {
      const { state } = decodeEntryKey(key);
      counts[state] = (counts[state] ?? 0) + 1;
      return true;
    });
    return counts;
  }
}
