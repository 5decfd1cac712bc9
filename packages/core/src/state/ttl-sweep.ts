import { Stamped, stampedAt, Unread, UNSTAMPED } from "./held.ts";
import { trimSpan } from "./kinds/list-chunks.ts";
import type { KeyedTable } from "./keyed-table.ts";
import type { Slot } from "./layout.ts";
import { type Reads, StoredSweep } from "./paging/stored-sweep.ts";
import type { Cell } from "./row.ts";
import type { TimeToLive } from "./ttl.ts";

/** How many gaps at the beginning of a list one removal closes. */
const TRIM_CHUNKS = 64;

/**
 * Removes expired entries, so many cells at a time: it goes round and round through what is resident, and each call goes
 * on where the last one stopped. (Flink's incremental clean-up, by batch instead of by access.) What has left memory it leaves to
 * a {@link StoredSweep}.
 */
export class TtlSweep {
  readonly #table: KeyedTable;
  readonly #slots: readonly number[];
  readonly #now: () => number;
  readonly #stored: StoredSweep | undefined;
  #cells: Iterator<Cell | undefined> | undefined;

  /** @param clock Processing time, in milliseconds since the epoch. */
  constructor(table: KeyedTable, clock: () => number, reads: Reads) {
    this.#table = table;
    this.#slots = table.layout.slots.flatMap((slot, index) => (slot.ttl === undefined ? [] : [index]));
    this.#now = () => Math.max(0, Math.floor(clock()));
    const { pager } = table;
    this.#stored = pager === undefined ? undefined : new StoredSweep(table, pager, this.#slots, this.#now, reads);
  }

  /** Looks at up to `cells` cells, and has as many entries of the store looked at. */
  step(cells: number): void {
    this.#stored?.step(cells);
    const now = this.#now();
    this.#cells ??= this.#table.residentCells(this.#slots);
    for (let left = cells; left > 0; left--) {
      const next = this.#cells.next();
      if (next.done === true) {
        this.#cells = undefined;
        return;
      }
      if (next.value?.present === true) this.#look(next.value, now);
    }
  }

  #look(cell: Cell, now: number): void {
    const { value: held } = cell;
    // The span of a list has no time of its own.
    if (!(held instanceof Stamped || held instanceof Unread)) return;
    const slot = this.#table.layout.slots[cell.slot] as Slot;
    if (held.at === undefined || held.at === UNSTAMPED) {
      this.#table.claim(cell);
      cell.value = stampedAt(held, now);
    } else if (now >= held.at + (slot.ttl as TimeToLive).afterMs) {
      this.#table.clear(cell);
      const isWhole = this.#table.pager?.isWhole(cell.row, cell.slot) ?? true;
      if (slot.kind === "list" && isWhole) trimSpan(this.#table, cell.row, cell.slot, TRIM_CHUNKS);
    }
  }
}
