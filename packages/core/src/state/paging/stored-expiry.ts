import type { StateEntry } from "../backend.ts";
import { decodeEntryPlace, decodeEntryValue, type SlotPlace, writtenAt } from "../entry-codec.ts";
import { stampedAt } from "../held.ts";
import type { KeyedTable } from "../keyed-table.ts";
import { setSpan } from "../kinds/list-chunks.ts";
import type { Slot } from "../layout.ts";
import { Cell } from "../row.ts";
import type { TimeToLive } from "../ttl.ts";
import type { ReadingWatch } from "./reading-watch.ts";
import type { TablePager } from "./table-pager.ts";

/** The surroundings of an entry that was read. */
export interface ReadAbout {
  readonly slot: number;
  /** That of the reading. */
  readonly watch: ReadingWatch;
  /** Processing time, in whole milliseconds since the epoch. */
  readonly now: number;
}

/** A list whose chunks are being passed: none was met yet that stays. */
interface OpenList {
  readonly span: StateEntry;
  readonly place: SlotPlace;
  readonly watch: ReadingWatch;
}

/** Removes expired entries from what is read of a store in the order of keys, unless memory knows better. */
export class StoredExpiry {
  readonly #table: KeyedTable;
  readonly #pager: TablePager;
  #list: OpenList | undefined;
  /** That of the page. */
  #watch: ReadingWatch | undefined;

  constructor(table: KeyedTable, pager: TablePager) {
    this.#table = table;
    this.#pager = pager;
  }

  /** Looks at the next entry. */
  look(entry: StateEntry, { slot, watch, now }: ReadAbout): void {
    this.#watch = watch;
    const { kind, ttl } = this.#table.layout.slots[slot] as Slot;
    const at = writtenAt(entry.value);
    const isFresh = at !== undefined && now < at + (ttl as TimeToLive).afterMs;
    if (isFresh && this.#list === undefined) return;
    const place = decodeEntryPlace(entry.key, this.#table.layout) as SlotPlace;
    if (kind === "list" && place.subkey === undefined) {
      this.#endList(Infinity);
      // It has no time of its own: it goes with its chunks.
      this.#list = { span: entry, place, watch };
      return;
    }
    const isSole = !isFresh && !this.#isKnown(place) && !watch.isOutdated(entry.key, undefined);
    if (isSole && at !== undefined) {
      this.#clear(place);
      return;
    }
    if (isSole) this.#stamp(this.#table.restore(entry) as Cell, now);
    this.#endList(place.subkey as number);
  }

  /** All of a reading has been looked at. @param isEnd whether the store has nothing more of the key group. */
  pageEnded(watch: ReadingWatch, isEnd: boolean): void {
    this.#watch = watch;
    if (isEnd) this.#endList(Infinity);
    if (this.#list?.watch !== watch) this.#pager.watches.delete(watch);
  }

  #resident(place: SlotPlace): Cell | undefined {
    const row = this.#table.knownRow(place);
    const { slot, subkey } = place;
    return subkey === undefined ? row?.cell(slot) : row && this.#table.residentMapCell(row, slot, subkey);
  }

  /** Whether memory has the entry, or knows that there is none. */
  #isKnown(place: SlotPlace): boolean {
    if (this.#resident(place) !== undefined) return true;
    return place.subkey !== undefined && this.#table.knownRow(place)?.maps[place.slot]?.isComplete === true;
  }

  /** Deletes an entry that memory knows nothing of. */
  #clear(place: SlotPlace): void {
    const row = this.#table.unaskedRow(place);
    const { slot, subkey } = place;
    const cell = subkey === undefined ? new Cell(row, slot, undefined) : this.#table.addMapCell(row, slot, subkey);
    if (subkey === undefined) row.setCell(slot, cell);
    this.#table.clearUnseen(cell);
  }

  /** An entry from before its state had a time to live. */
  #stamp(cell: Cell, now: number): void {
    this.#table.claim(cell);
    cell.value = stampedAt(cell.value, now);
  }

  /** Cuts the chunks before `chunk` from the span of the list: there are none. */
  #endList(chunk: number): void {
    if (this.#list === undefined) return;
    const { span, place, watch } = this.#list;
    this.#list = undefined;
    const known = this.#resident(place);
    const isOutdated = watch.isOutdated(span.key, known);
    if (watch !== this.#watch) this.#pager.watches.delete(watch);
    if (isOutdated) return;
    const [first, next] = decodeEntryValue(span.value).value as readonly [number, number];
    const cut = Math.min(chunk, next);
    if (cut === first) return;
    const { row, slot } = known ?? (this.#table.restore(span) as Cell);
    setSpan(this.#table, row, slot, { first: cut, next });
  }
}
