import type { KeyRange, ScanOptions } from "../../../src/state/backend.ts";
import type { FrozenTable } from "../../../src/state/frozen-table.ts";
import { KeyedTable } from "../../../src/state/keyed-table.ts";
import { type Slot, TableLayout } from "../../../src/state/layout.ts";
import type { StateAccess } from "../../../src/state/paging/state-access.ts";
import { StateMemory } from "../../../src/state/paging/state-memory.ts";
import { TablePager } from "../../../src/state/paging/table-pager.ts";
import { sliceOf } from "../../../src/state/segments/slices.ts";
import { SortedTable } from "../../../src/state/segments/sorted-table.ts";
import { compareBytes } from "../../../src/bytes/compare.ts";
import { KEY_GROUPS } from "../table-store.ts";

/** A store as a paged table needs one: entries in the order of their keys, and what was frozen and is still to be written. */
export class PagedStore implements StateAccess {
  readonly entries = new SortedTable<Uint8Array>();
  readonly frozen: { readonly table: FrozenTable; readonly done: () => void }[] = [];
  readonly readSync: ((key: Uint8Array) => Uint8Array | undefined) | undefined;
  /** How many puts, deletes and range deletes were written. */
  puts = 0;
  deletes = 0;
  ranges = 0;
  /** Slices that a cache would have kept. */
  keptSlices = 0;
  /** The bytes of all that was written. */
  bytes = 0;

  readonly #sliceEntries: number;

  /**
   * @param readsAtOnce whether a single entry can be read without a wait.
   * @param sliceEntries how many entries a slice has: few by default, so that a range takes several.
   */
  constructor(readsAtOnce: boolean, sliceEntries = 3) {
    this.#sliceEntries = sliceEntries;
    this.readSync = readsAtOnce ? (key) => this.entries.get(key) : undefined;
  }

  async read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return keys.map((key) => this.entries.get(key));
  }

  async slice({ from, to }: KeyRange, { once = false }: ScanOptions = {}) {
    if (!once) this.keptSlices++;
    return sliceOf(this.entries, from, false)
      .slice(0, this.#sliceEntries)
      .filter(({ key }) => compareBytes(key, to) < 0);
  }

  /** Takes some of the oldest that is frozen; when nothing is left of it, it is written. */
  writeSome(limit: number): void {
    const [oldest] = this.frozen;
    if (oldest === undefined) return;
    const part = oldest.table.next(limit);
    if (part === "more") return;
    if (part === "done") {
      this.frozen.shift();
      oldest.table.settle();
      oldest.done();
      return;
    }
    this.puts += part.puts.length;
    this.deletes += part.deletes.length;
    this.ranges += part.rangeDeletes.length;
    this.bytes += part.bytes;
    for (const { from, to } of part.rangeDeletes) this.entries.deleteRange(from, to);
    for (const key of part.deletes) this.entries.delete(key);
    for (const { key, value } of part.puts) this.entries.set(key, value);
  }

  writeAll(): void {
    while (this.frozen.length > 0) this.writeSome(1000);
  }

  freeze(table: KeyedTable, done: () => void = () => undefined): void {
    this.frozen.push({ table: table.freeze(), done });
  }
}

/** A table over such a store. */
export function pagedTable(
  store: PagedStore,
  slots: readonly Slot[],
  memory: StateMemory = new StateMemory(Infinity),
  keyGroups: number = KEY_GROUPS,
): { readonly table: KeyedTable; readonly pager: TablePager } {
  const spill = (): void => store.freeze(table);
  const layout = new TableLayout("op", slots);
  const range = { first: 0, last: keyGroups - 1 };
  const table: KeyedTable = new KeyedTable({
    layout,
    range,
    keyGroups,
    pager: (rows) => new TablePager(rows, { memory, access: store, spill }),
  });
  return { table, pager: table.pager as TablePager };
}

/**
 * Does something to a table as an operator does with a record: what is missing is loaded, and it is done again.
 *
 * @returns how often something was missing.
 */
export async function throughMisses(table: KeyedTable, act: () => void, undone: () => void): Promise<number> {
  const pager = table.pager as TablePager;
  for (let misses = 0; ; misses++) {
    pager.missed = undefined;
    table.journal.open();
    let failure: unknown;
    try {
      act();
    } catch (error) {
      failure = error;
    }
    const missed = pager.missed as TablePager["missed"];
    if (missed === undefined) {
      table.journal.close();
      table.hold(undefined);
      pager.recordEnded();
      pager.isPinned = false;
      if (failure !== undefined) throw failure;
      return misses;
    }
    table.journal.undo();
    table.hold(undefined);
    undone();
    pager.isPinned = true;
    pager.take(await pager.load(missed));
  }
}
