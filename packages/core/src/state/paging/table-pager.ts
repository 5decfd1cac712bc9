import { ByteWriter } from "../../bytes/writer.ts";
import type { KeyRange, StateEntry } from "../backend.ts";
import type { ChangedCells } from "../changed-cells.ts";
import { decodeEntryKey, type EntryPlace, encodeEntryKey, groupOf, mapRange } from "../entry-codec.ts";
import { hashBytes } from "../key-groups.ts";
import type { Key } from "../key-codec.ts";
import type { TableLayout } from "../layout.ts";
import { Cell, CellMap, identityOf, type KeyIdentity, type Row, type Space } from "../row.ts";
import { ClockHand } from "./clock-hand.ts";
import { KeyFilter } from "./key-filter.ts";
import { packed, unpacked } from "./packed-entries.ts";
import type { StoreWatch } from "./reading-watch.ts";
import { roughSize } from "./rough-size.ts";
import type { StateAccess } from "./state-access.ts";
import { type NeededMap, type Needs, StateMiss } from "./state-miss.ts";
import type { MemoryUser, StateMemory } from "./state-memory.ts";

/** How the entries of a table leave memory and come back. */
export interface TablePaging {
  readonly memory: StateMemory;
  readonly access: StateAccess;
  /** Freezes the table and has it written for the epoch that is open. */
  readonly spill: () => void;
}

/** A table as its pager sees it. */
export interface PagedRows {
  readonly layout: TableLayout;
  readonly keyGroups: number;
  spaces(): Iterable<Space>;
  /** Takes an entry that the store has, unless memory has it. */
  restore(entry: StateEntry): Cell | undefined;
  row(space: Space, key: Key): Row;
  addMapCell(row: Row, slot: number, subkey: Key): Cell;
  detach(cell: Cell): void;
  dropIfEmpty(row: Row): void;
}

/** What an entry takes in memory besides its value, and a row besides its entries: measured, rounded up. */
const CELL_BYTES = 260;
const ROW_BYTES = 360;

/** What was read for a {@link Needs}. */
export interface LoadedState {
  readonly needs: Needs;
  readonly values: readonly (Uint8Array | undefined)[];
  /** The entries of the maps, packed: a map may have millions. */
  readonly maps: readonly (readonly Uint8Array[])[];
}

interface ClearedMap {
  readonly row: Row;
  readonly slot: number;
  readonly map: CellMap;
}

/** Keeps one table within the memory of its run: which entries may go, which have gone, and how they come back. */
export class TablePager implements MemoryUser {
  /** Whether memory has everything that the store has, apart from what is being written. */
  isComplete = false;
  /** While an operator waits for entries, none of them may go again. */
  isPinned = false;
  /** What a record missed: it may have caught what was thrown. */
  missed: Needs | undefined;
  readonly access: StateAccess;
  bytes = 0;
  /** Those of readings that may not be outdated when they come back. */
  readonly watches: Set<StoreWatch> = new Set();
  /** How many entries were asked of the store, and how many it needed not be asked for, since it cannot have them. */
  readonly looks = { made: 0, saved: 0 };
  readonly #rows: PagedRows;
  readonly #paging: TablePaging;
  readonly #writer = new ByteWriter();
  readonly #hand: ClockHand;
  readonly #scans = new Map<CellMap, readonly Uint8Array[]>();
  #cleared: ClearedMap[] = [];
  /** Bytes changed since the last freeze, and how many of the changed cells are counted in them. */
  #changedBytes = 0;
  #counted = 0;
  #writing: { readonly epoch: number; readonly bytes: number }[] = [];
  #settledEpoch = 0;
  /**
   * Every entry that the store has and memory does not is in it, and the map that it belongs to. `undefined`: nobody knows,
   * since memory never had everything.
   */
  #evicted: KeyFilter | undefined;

  constructor(rows: PagedRows, paging: TablePaging) {
    this.#rows = rows;
    this.#paging = paging;
    this.access = paging.access;
    this.#hand = new ClockHand({
      spaces: () => rows.spaces(),
      mayEvict: (cell) => this.#mayEvict(cell),
      evict: (cell) => this.#evict(cell),
      // A timer is in use as long as it waits in its queue.
      passed: (cell) => (cell.used = this.#isTimer(cell.slot)),
      rowPassed: (row) => this.#rowPassed(row),
    });
    paging.memory.join(this);
  }

  get unwrittenBytes(): number {
    return this.#writing.reduce((bytes, writing) => bytes + writing.bytes, this.#changedBytes);
  }

  /** Everything that was changed up to this epoch is in the store. */
  get settledEpoch(): number {
    return this.#settledEpoch;
  }

  get memory(): StateMemory {
    return this.#paging.memory;
  }

  /** To be called between records. False: writes that are under way should be waited for. */
  balance(changed: ChangedCells): boolean {
    this.countChanges(changed);
    return this.#paging.memory.balance();
  }

  /** Counts what was changed since the last time. */
  countChanges(changed: ChangedCells): void {
    for (; this.#counted < changed.length; this.#counted++) {
      const cell = changed.at(this.#counted);
      this.count(cell);
      this.#changedBytes += cell.bytes;
    }
  }

  /** Nothing of a cell that was changed has to be written any more. */
  forgetChange({ bytes }: Cell): void {
    this.#changedBytes = Math.max(0, this.#changedBytes - bytes);
  }

  /** The changed cells have become fewer. */
  swept(left: number): void {
    this.#counted = left;
  }

  /** Counts what a cell takes now. */
  count(cell: Cell): void {
    if (!cell.present && !cell.stored && cell.bytes === 0) return;
    // A timer is often all that a row has.
    const hasRow = cell.subkey === undefined || this.#isTimer(cell.slot);
    const key = hasRow ? ROW_BYTES + roughSize(cell.row.key) : roughSize(cell.subkey);
    const bytes = CELL_BYTES + key + roughSize(cell.value);
    this.#add(bytes - cell.bytes);
    cell.bytes = bytes;
  }

  /** Counts a cell no longer. */
  release(cell: Cell): void {
    this.#add(-cell.bytes);
    cell.bytes = 0;
  }

  /** Counts what is kept of its entries besides cells. Given up, it is counted with a minus. */
  countBeside(bytes: number): void {
    this.#add(bytes);
  }

  #add(bytes: number): void {
    this.bytes += bytes;
    this.#paging.memory.usedBytes += bytes;
  }

  /** The changes of an epoch are cut here. */
  freeze(epoch: number, changed: ChangedCells): void {
    this.countChanges(changed);
    this.#writing.push({ epoch, bytes: this.#changedBytes });
    this.#changedBytes = 0;
    this.#counted = 0;
    this.#paging.memory.writeBegun();
  }

  /** All changes up to this epoch have been written. */
  settled(epoch: number): void {
    this.#settledEpoch = epoch;
    this.#hand.hope();
    while (this.#writing[0] !== undefined && this.#writing[0].epoch <= epoch) {
      this.#writing.shift();
      this.#paging.memory.writeEnded();
    }
    const settled = this.#cleared.filter(({ map }) => map.clearedIn <= epoch);
    this.#cleared = this.#cleared.filter(({ map }) => map.clearedIn > epoch);
    if (settled.length > 0) for (const watch of this.watches) watch.forgotMap();
    for (const { row, slot, map } of settled) {
      if (map.size > 0 || row.maps[slot] !== map) continue;
      row.setMap(slot, undefined);
      this.#rows.dropIfEmpty(row);
    }
  }

  /** The empty map that takes the place of one that is deleted by range: until that is written, it knows so. */
  cleared(row: Row, slot: number, epoch: number): CellMap {
    const map = new CellMap(true);
    map.clearedIn = epoch;
    this.#cleared.push({ row, slot, map });
    return map;
  }

  /** Whether an empty map says nothing that the store does not. */
  mayForget(map: CellMap): boolean {
    return map.clearedIn <= this.#settledEpoch && (this.isComplete || !map.isComplete);
  }

  spill(): void {
    if (this.#writing.length === 0 && this.#changedBytes > 0) this.#paging.spill();
  }

  /** Lets entries be in the store alone from now on. False: not now, for the sake of writes that are under way. */
  becomePartial(): boolean {
    if (this.isComplete && this.#writing.length > 0) return false;
    this.#goIncomplete();
    return true;
  }

  /** From now on what leaves memory is remembered: all else that memory does not have is nowhere. */
  #goIncomplete(): void {
    if (this.isComplete) this.#evicted = new KeyFilter(() => this.#paging.memory.filterBytes);
    this.isComplete = false;
  }

  evict(bytes: number): number {
    return this.#mayGoIncomplete() ? this.#hand.sweep(bytes) : 0;
  }

  evictSome(chosen: () => boolean): void {
    if (this.#mayGoIncomplete()) this.#hand.sweepSome(chosen);
  }

  /** As long as all is in memory, deletions are forgotten before they are written: so there must be none under way. */
  #mayGoIncomplete(): boolean {
    return !this.isPinned && (!this.isComplete || this.#writing.length === 0);
  }

  #mayEvict(cell: Cell): boolean {
    if (cell.epoch > 0 || -cell.epoch > this.#settledEpoch) return false;
    // A timer that waits in its queue is used until it is taken.
    return !(cell.used && this.#isTimer(cell.slot));
  }

  #isTimer(slot: number): boolean {
    return this.#rows.layout.slots[slot]?.kind === "timers";
  }

  #evict(cell: Cell): void {
    this.#goIncomplete();
    for (const watch of this.watches) watch.left(cell, () => this.#keyOf(cell));
    if (cell.stored) {
      cell.row.space.noteLeft(groupOf(cell.row, this.#rows.keyGroups));
      this.#remember(cell);
    }
    this.#rows.detach(cell);
  }

  /** Of timers nothing has to be remembered: nobody asks for a single one. */
  #remember(cell: Cell): void {
    const { row, slot, subkey } = cell;
    if (this.#isTimer(slot)) return;
    this.#noteEvicted(cell);
    const map = subkey === undefined ? undefined : row.maps[slot];
    if (map === undefined) return;
    map.isComplete = false;
    if (!map.isNoted) this.#noteEvicted({ row, slot, subkey: undefined });
    map.isNoted = true;
  }

  #noteEvicted(place: EntryPlace): void {
    const evicted = this.#evicted;
    if (evicted === undefined) return;
    const { bytes } = evicted;
    evicted.add(hashBytes(this.#keyOf(place)));
    this.#add(evicted.bytes - bytes);
  }

  /** Whether the store may have an entry that memory does not, or entries of a map that memory has none of. */
  #mayHaveLeft(key: Uint8Array): boolean {
    return this.#evicted?.mayHave(hashBytes(key)) ?? true;
  }

  #rowPassed(row: Row): void {
    row.maps.forEach((map, slot) => {
      if (map !== undefined && map.size === 0 && map.clearedIn <= this.#settledEpoch && !this.isComplete) {
        row.setMap(slot, undefined);
      }
    });
    this.#rows.dropIfEmpty(row);
  }

  /** Whether a value of a row has to be read from the store. */
  lacks(row: Row, slot: number): boolean {
    if (this.isComplete || row.cell(slot) !== undefined) return false;
    return this.#mayHaveLeft(this.#keyOf({ row, slot, subkey: undefined }));
  }

  /**
   * The value of a row that memory does not have; `undefined` if there is none anywhere.
   *
   * @throws {StateMiss} if it cannot be read at once.
   */
  value(row: Row, slot: number): Cell | undefined {
    if (this.isComplete) return undefined;
    return this.#read({ row, slot, subkey: undefined });
  }

  /** The same of an entry of a map, of which memory has `cell`. */
  entry(cell: Cell | undefined, row: Row, slot: number, subkey: Key): Cell | undefined {
    if (cell !== undefined) {
      cell.used = true;
      return cell;
    }
    if (this.isWhole(row, slot)) return undefined;
    return this.#read({ row, slot, subkey });
  }

  /** Whether memory has all entries of a map. */
  isWhole(row: Row, slot: number): boolean {
    if (this.isComplete) return true;
    const map = row.maps[slot];
    return map === undefined ? this.beginsWhole(row, slot) : map.isComplete;
  }

  /** Whether the store has no entry of a map that memory has none of. */
  beginsWhole(row: Row, slot: number): boolean {
    if (this.isComplete) return true;
    if (this.#evicted === undefined || this.#isTimer(slot)) return false;
    return !this.#mayHaveLeft(this.#keyOf({ row, slot, subkey: undefined }));
  }

  /** Whether reading a single entry takes no wait. */
  get readsAtOnce(): boolean {
    return this.isComplete || this.access.readSync !== undefined;
  }

  #read(place: EntryPlace): Cell {
    const { readSync } = this.access;
    const key = this.#keyOf(place);
    if (!this.#mayHaveLeft(key)) {
      this.looks.saved++;
      return this.#take(place, key, undefined);
    }
    this.looks.made++;
    if (readSync === undefined) throw this.#miss({ entries: [place], maps: [] });
    return this.#take(place, key, readSync(key));
  }

  #miss(needs: Needs): StateMiss {
    this.missed = needs;
    return new StateMiss(needs);
  }

  #keyOf(place: EntryPlace): Uint8Array {
    return encodeEntryKey(this.#writer, place, this.#rows.layout, groupOf(place.row, this.#rows.keyGroups));
  }

  /** Puts into memory what the store has for an entry, or that it has nothing. */
  #take({ row, slot, subkey }: EntryPlace, key: Uint8Array, value: Uint8Array | undefined): Cell {
    if (value !== undefined) return this.#rows.restore({ key, value }) as Cell;
    const known = subkey === undefined ? row.cell(slot) : row.maps[slot]?.get(identityOf(subkey));
    if (known !== undefined) return known;
    let cell: Cell;
    if (subkey === undefined) {
      cell = new Cell(row, slot, undefined);
      row.setCell(slot, cell);
    } else {
      cell = this.#rows.addMapCell(row, slot, subkey);
    }
    cell.bytes = CELL_BYTES;
    this.#add(CELL_BYTES);
    return cell;
  }

  /** Reads what is needed. Memory may change meanwhile: what it has counts. */
  async load(needs: Needs): Promise<LoadedState> {
    const keys = needs.entries.map((place) => this.#keyOf(place));
    const asked = keys.filter((key) => this.#mayHaveLeft(key));
    const found = asked.length === 0 ? [] : await this.access.read(asked);
    let next = 0;
    const values = keys.map((key) => (key === asked[next] ? found[next++] : undefined));
    const maps: (readonly Uint8Array[])[] = [];
    for (const map of needs.maps) maps.push(await this.#loadMap(map));
    return { needs, values, maps };
  }

  /** Puts into memory what was read. */
  take({ needs, values, maps }: LoadedState): void {
    needs.entries.forEach(({ row, slot, subkey }, index) => {
      const place = { row: this.#live(row), slot, subkey };
      this.#take(place, this.#keyOf(place), values[index]);
    });
    needs.maps.forEach(({ row: asked, slot }, index) => {
      const row = this.#live(asked);
      let map = row.maps[slot];
      if (map === undefined) {
        map = new CellMap(false);
        row.setMap(slot, map);
      }
      this.#scans.set(map, maps[index] ?? []);
    });
  }

  /** A row that was empty when it was asked for may have been forgotten since. */
  #live({ space, key }: Row): Row {
    return this.#rows.row(space, key);
  }

  /** What was loaded for one record to go over is dropped with it. */
  recordEnded(): void {
    if (this.#scans.size > 0) this.#scans.clear();
  }

  async #loadMap({ row, slot }: NeededMap): Promise<readonly Uint8Array[]> {
    const { layout, keyGroups } = this.#rows;
    const range = mapRange(this.#writer, row, slot, layout, groupOf(row, keyGroups));
    const slices: Uint8Array[] = [];
    for await (const entries of slicesOf(this.access, range)) slices.push(packed(entries));
    return slices;
  }

  /**
   * All entries of a map of which memory has a part.
   *
   * @throws {StateMiss} if they have not been loaded for this record.
   */
  allOf(row: Row, slot: number): Iterable<Cell> {
    const map = row.maps[slot];
    const slices = map === undefined ? undefined : this.#scans.get(map);
    if (map === undefined || slices === undefined) throw this.#miss({ entries: [], maps: [{ row, slot }] });
    return this.#merged(row, slot, map, slices);
  }

  /** What memory has counts. The rest is in memory only while it is shown, unless it is changed then. */
  *#merged(row: Row, slot: number, map: CellMap, slices: readonly Uint8Array[]): IterableIterator<Cell> {
    const resident = [...map.values()];
    const shown = new Set<KeyIdentity>(resident.map((cell) => identityOf(cell.subkey as Key)));
    for (const cell of resident) yield cell;
    for (const slice of slices) {
      for (const entry of unpacked(slice)) {
        const { subkey } = decodeEntryKey(entry.key);
        // It goes with its last entry, unless it was deleted: then another one has its place.
        if (row.maps[slot] === undefined) row.setMap(slot, map);
        if (row.maps[slot] !== map) return;
        if (shown.has(identityOf(subkey as Key))) continue;
        const isNew = map.get(identityOf(subkey as Key)) === undefined;
        const cell = this.#rows.restore(entry) as Cell;
        yield cell;
        if (isNew && cell.epoch === 0 && !cell.used) this.#rows.detach(cell);
      }
    }
  }
}

/** The entries of a range, slice by slice. */
export async function* slicesOf(
  access: Pick<StateAccess, "slice">,
  range: KeyRange,
): AsyncGenerator<readonly StateEntry[]> {
  for (let { from } = range; ;) {
    const entries = await access.slice({ from, to: range.to });
    const last = entries.at(-1);
    if (last === undefined) return;
    yield entries;
    from = new Uint8Array(last.key.length + 1);
    from.set(last.key);
  }
}
