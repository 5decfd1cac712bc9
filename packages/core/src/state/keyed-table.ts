import { assert } from "../assert.ts";
import { StateError } from "../errors.ts";
import type { StateEntry } from "./backend.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { ChangedCells } from "./changed-cells.ts";
import {
  decodeEntryKey,
  decodeEntryPlace,
  decodeEntryValue,
  groupOf,
  mapRange,
  type SlotPlace,
} from "./entry-codec.ts";
import { FrozenTable, type RangeDelete } from "./frozen-table.ts";
import type { Key } from "./key-codec.ts";
import { isInKeyGroups, type KeyGroupRange } from "./key-groups.ts";
import type { Slot, TableLayout } from "./layout.ts";
import { checkFits, heldOf, unmapped } from "./restored-entry.ts";
import type { PagedRows, TablePager } from "./paging/table-pager.ts";
import { RecordJournal } from "./record-journal.ts";
import { Cell, CellMap, CLEAN, identityOf, ownKey, Row, Space } from "./row.ts";

/** Where a table stands in its job. */
export interface TableOptions {
  readonly layout: TableLayout;
  /** The key groups of this subtask. */
  readonly range: KeyGroupRange;
  /** The number of key groups of the job. */
  readonly keyGroups: number;
  /** Makes what lets entries leave memory and come back. Default: they all stay. */
  readonly pager?: ((rows: PagedRows) => TablePager) | undefined;
}

/** A map that may have so many entries in the store is deleted by range instead of one by one. */
const RANGE_DELETE_MIN = 64;

/** The namespace of state that belongs to no window. */
export const NO_NAMESPACE: Key = null;

/**
 * The keyed state of one operator in one subtask: resident rows, and the set of cells changed since the last barrier. It
 * freezes in constant time. A frozen cell that is touched again before it was encoded is encoded first, so that nothing
 * user code does can reach a snapshot it does not belong to.
 */
export class KeyedTable implements PagedRows {
  readonly layout: TableLayout;
  /** What keeps it within its memory; `undefined`: everything is in memory. */
  readonly pager: TablePager | undefined;
  readonly journal: RecordJournal = new RecordJournal(this);
  readonly #writer = new ByteWriter();
  readonly #options: TableOptions;
  readonly #spaces = new Map<ReturnType<typeof identityOf>, Space>();
  readonly #frozen: FrozenTable[] = [];
  /** The epoch that changes belong to now. Counts up from 1, apart from checkpoint ids. */
  #epoch = 1;
  #oldestFrozen = Infinity;
  #dirty = new ChangedCells();
  #ranges: RangeDelete[] = [];
  #held: Row | undefined;

  constructor(options: TableOptions) {
    this.layout = options.layout;
    this.#options = options;
    this.pager = options.pager?.(this);
  }

  /** The key groups that are its own. */
  get range(): KeyGroupRange {
    return this.#options.range;
  }

  /** The epoch that changes belong to now. */
  get epoch(): number {
    return this.#epoch;
  }

  get keyGroups(): number {
    return this.#options.keyGroups;
  }

  /** All namespaces that have rows. */
  spaces(): Iterable<Space> {
    return this.#spaces.values();
  }

  /** The rows of a namespace, made if there are none. */
  space(namespace: Key): Space {
    const space = this.#spaceOf(namespace);
    space.isAskedFor = true;
    return space;
  }

  #spaceOf(namespace: Key): Space {
    const identity = identityOf(namespace);
    let space = this.#spaces.get(identity);
    if (space === undefined) {
      space = new Space(namespace);
      this.#spaces.set(identity, space);
    }
    return space;
  }

  /** Forgets a namespace whose entries were all cleared and that will never be used again. */
  dropSpace(space: Space): void {
    this.#spaces.delete(identityOf(space.namespace));
  }

  /**
   * The row of a key, made if there is none.
   *
   * @throws {SerializationError} KEY_UNSUPPORTED if it can be no key.
   * @throws {StateError} STATE_KEY_FOREIGN if the key belongs to another subtask: the key selector gave two answers for one record.
   */
  row(space: Space, key: Key): Row {
    const row = space.get(key) ?? this.#newRow(space, key);
    if (this.pager !== undefined) row.used = true;
    return row;
  }

  /** The cell of a value state, made (absent) if there is none. */
  cell(row: Row, slot: number): Cell {
    return row.cell(slot) ?? this.pager?.value(row, slot) ?? this.#addCell(row, slot);
  }

  #addCell(row: Row, slot: number): Cell {
    const cell = new Cell(row, slot, undefined);
    row.setCell(slot, cell);
    return cell;
  }

  /** The cell of a value state; `undefined` if there is none. */
  heldCell(row: Row, slot: number): Cell | undefined {
    return row.cell(slot) ?? this.pager?.value(row, slot);
  }

  /** The cells of a map state, in no order that means anything. They may be cleared, and others added, meanwhile. */
  mapCells(row: Row, slot: number): Iterable<Cell> {
    const { pager } = this;
    if (pager !== undefined && !pager.isWhole(row, slot)) return pager.allOf(row, slot);
    return row.maps[slot]?.values() ?? [];
  }

  /** Adds the cells of a map state to a list. False: memory has not all of them, so they have to be walked through. */
  gather(row: Row, slot: number, into: Cell[]): boolean {
    if (this.pager?.isWhole(row, slot) === false) return false;
    row.maps[slot]?.valuesInto(into);
    return true;
  }

  /**
   * The cells that are resident in some slots, for work that goes on now and then: cells may come and go meanwhile. Gives
   * `undefined` where a row has none, so that a caller can count its work.
   */
  *residentCells(slots: readonly number[]): IterableIterator<Cell | undefined> {
    for (const space of this.#spaces.values()) {
      for (const row of space.rows()) {
        for (const slot of slots) {
          yield row.cell(slot);
          yield* row.maps[slot]?.values() ?? [];
        }
      }
    }
  }

  /** The cell of a map entry or a timer; `undefined` if there is none. */
  mapCell(row: Row, slot: number, subkey: Key): Cell | undefined {
    const cell = row.maps[slot]?.get(identityOf(subkey));
    return this.pager === undefined ? cell : this.pager.entry(cell, row, slot, subkey);
  }

  /**
   * The cell of a map entry or a timer, made (absent) if there is none.
   *
   * @throws {SerializationError} KEY_UNSUPPORTED if the subkey can be no key.
   */
  newMapCell(row: Row, slot: number, subkey: Key): Cell {
    return this.mapCell(row, slot, subkey) ?? this.addMapCell(row, slot, subkey);
  }

  /** The cell of a map entry or a timer if memory has it. */
  residentMapCell(row: Row, slot: number, subkey: Key): Cell | undefined {
    return row.maps[slot]?.get(identityOf(subkey));
  }

  /** Makes the cell of a map entry that has none, without asking the store. */
  addMapCell(row: Row, slot: number, subkey: Key): Cell {
    const cell = new Cell(row, slot, ownKey(subkey));
    let cells = row.maps[slot];
    if (cells === undefined) {
      cells = new CellMap(this.pager?.beginsWhole(row, slot) ?? true);
      row.setMap(slot, cells);
    }
    cells.set(identityOf(subkey), cell);
    return cell;
  }

  /** To be called before a cell's value is given to user code, which may change it in place. */
  protect(cell: Cell): void {
    // Nobody can change a primitive in place.
    if (typeof cell.value !== "object") return;
    if (cell.present && this.#isFrozen(cell)) this.#encodeEarly(cell);
    if (this.journal.isOpen) this.journal.touch(cell);
  }

  /** To be called before a cell is changed. */
  claim(cell: Cell): void {
    if (cell.epoch === this.#epoch) {
      if (this.journal.isOpen) this.journal.touch(cell);
      return;
    }
    if (this.#isFrozen(cell)) this.#encodeEarly(cell);
    if (this.journal.isOpen) this.journal.touch(cell);
    // Before the cell joins: it looks dead until its first value is in it.
    if (this.#dirty.isSweeping) this.#sweepDirty();
    cell.epoch = this.#epoch;
    this.#dirty.push(cell);
  }

  /** Deletes an entry. */
  clear(cell: Cell): void {
    if (!cell.present) return;
    this.claim(cell);
    cell.present = false;
    cell.value = undefined;
    // What the store never had needs no tombstone, and nothing will come back for it.
    if (!cell.stored && this.#knowsAbsence) this.detach(cell);
  }

  /** Deletes an entry of which nobody knows whether the store has it. */
  clearUnseen(cell: Cell): void {
    this.claim(cell);
    cell.present = false;
    cell.stored = true;
    cell.value = undefined;
  }

  /** Leaves an absent entry to the store, of which nobody knows whether it has it. */
  forget(cell: Cell): void {
    cell.epoch = CLEAN;
    cell.stored = false;
    this.detach(cell);
  }

  /** The row of a key, if memory has one. */
  knownRow({ namespace, key }: Pick<SlotPlace, "namespace" | "key">): Row | undefined {
    return this.#spaces.get(identityOf(namespace))?.get(key);
  }

  /** As {@link row}, of a key that nobody has asked for. */
  unaskedRow({ namespace, key }: Pick<SlotPlace, "namespace" | "key">): Row {
    const space = this.#spaceOf(namespace);
    return space.get(key) ?? this.#newRow(space, key);
  }

  /** Deletes all entries of a map: by range if the store may have many. */
  clearMap(row: Row, slot: number): void {
    const cells = row.maps[slot];
    const isWhole = this.pager?.isWhole(row, slot) ?? true;
    if (isWhole && (cells?.size ?? 0) < RANGE_DELETE_MIN) {
      for (const cell of cells?.values() ?? []) this.clear(cell);
      return;
    }
    let isStored = !isWhole;
    for (const cell of cells?.values() ?? []) {
      if (this.#isFrozen(cell)) this.#encodeEarly(cell);
      if (cell.stored) isStored = true;
    }
    if (this.journal.isOpen) this.#noteMap(row, slot, cells);
    if (isStored) {
      const keyGroup = groupOf(row, this.#options.keyGroups);
      this.#ranges.push({ keyGroup, range: mapRange(this.#writer, row, slot, this.layout, keyGroup) });
    }
    for (const cell of cells?.values() ?? []) {
      this.#release(cell);
      cell.present = false;
      // The range deletes it too.
      cell.stored = false;
      cell.value = undefined;
    }
    row.setMap(slot, this.pager?.cleared(row, slot, this.#epoch));
    this.dropIfEmpty(row);
  }

  /** Lets the journal put a map back that is about to be deleted by range. */
  #noteMap(row: Row, slot: number, cells: CellMap | undefined): void {
    const ranges = this.#ranges.length;
    const before = [...(cells?.values() ?? [])].map((cell) => {
      const { value, present, stored } = cell;
      return { cell, value, present, stored };
    });
    this.journal.note(() => {
      this.#ranges.length = ranges;
      for (const { cell, value, present, stored } of before) Object.assign(cell, { value, present, stored });
      row.setMap(slot, cells);
    });
  }

  /**
   * Keeps a row while user code works with its key, though its last entry may go meanwhile: what is written next belongs
   * to the same row. Lets go of the row held before.
   */
  hold(row: Row | undefined): void {
    const before = this.#held;
    this.#held = row;
    if (before !== undefined && before !== row && before.isEmpty) this.dropIfEmpty(before);
  }

  /** Cuts the changes here, in constant time. */
  freeze(): FrozenTable {
    const changes = { epoch: this.#epoch, cells: this.#dirty.chunks, ranges: this.#ranges };
    this.pager?.freeze(this.#epoch, this.#dirty);
    const frozen = new FrozenTable(this.layout, this.#options.keyGroups, changes, {
      encoded: (cell) => {
        this.pager?.count(cell);
        if (!cell.present && this.#knowsAbsence) this.detach(cell);
      },
      finished: (done) => this.#thaw(done),
      settled: (done) => this.pager?.settled(done.epoch),
    });
    this.#frozen.push(frozen);
    this.#oldestFrozen = this.#frozen[0]?.epoch ?? Infinity;
    this.#dirty = new ChangedCells();
    this.#ranges = [];
    this.#epoch++;
    return frozen;
  }

  /** Counts what was changed since the last time. */
  countChanges(): void {
    this.pager?.countChanges(this.#dirty);
  }

  /** To be called between records: see {@link TablePager}. */
  balance(): boolean {
    return this.pager?.balance(this.#dirty) ?? true;
  }

  /**
   * Takes an entry of a restored checkpoint, or one that the store holds and memory did not.
   *
   * @returns its cell as memory has it now, or `undefined` if the key group is another subtask's.
   * @throws {StateError} STATE_UNMAPPED if the operator has no such state, STATE_INCOMPATIBLE if it has another kind of it,
   * or a version that no migration leads from.
   */
  restore(entry: StateEntry): Cell | undefined {
    if (!isInKeyGroups(this.#options.range, entry.key)) return undefined;
    const place = decodeEntryPlace(entry.key, this.layout);
    if (place === undefined) throw unmapped(this.layout, decodeEntryKey(entry.key).state);
    const { slot, key, namespace, subkey } = place;
    const found = decodeEntryValue(entry.value);
    checkFits(this.layout, slot, subkey === undefined, found);
    const row = this.row(this.space(namespace), key);
    // What memory has is newer than what the store gives, even if it is that there is nothing.
    const known = subkey === undefined ? row.cell(slot) : row.maps[slot]?.get(identityOf(subkey));
    if (known !== undefined) return known;
    const cell = subkey === undefined ? this.#addCell(row, slot) : this.addMapCell(row, slot, subkey);
    cell.value = heldOf(this.layout.slots[slot] as Slot, subkey === undefined, found);
    cell.present = true;
    cell.stored = true;
    this.pager?.count(cell);
    return cell;
  }

  /** Forgets some of the cells that came and went within the epoch. */
  #sweepDirty(): void {
    this.pager?.countChanges(this.#dirty);
    if (this.#dirty.sweep((cell) => this.#staysChanged(cell))) this.pager?.swept(this.#dirty.length);
  }

  /** Whether there is something to write of a changed cell. */
  #staysChanged(cell: Cell): boolean {
    const isAlive = cell.present || cell.stored;
    if (isAlive) return true;
    cell.epoch = CLEAN;
    this.pager?.forgetChange(cell);
    return false;
  }

  /** Counts a cell no longer. */
  #release(cell: Cell): void {
    if (this.pager === undefined) return;
    if (cell.epoch === this.#epoch) {
      // All changes are counted before one of them is not.
      this.pager.countChanges(this.#dirty);
      this.pager.forgetChange(cell);
    }
    this.pager.release(cell);
  }

  #newRow(space: Space, key: Key): Row {
    const row = new Row(ownKey(key), space);
    const { first, last } = this.#options.range;
    if (first > 0 || last < this.#options.keyGroups - 1) {
      const group = groupOf(row, this.#options.keyGroups);
      if (group < first || group > last) throw foreignKey(this.layout.operatorId, key, group, this.#options.range);
    }
    space.set(row.key, row);
    return row;
  }

  #isFrozen(cell: Cell): boolean {
    return cell.epoch >= this.#oldestFrozen && cell.epoch < this.#epoch;
  }

  #encodeEarly(cell: Cell): void {
    const frozen = this.#frozen.find((candidate) => candidate.epoch === cell.epoch);
    assert(frozen !== undefined, "a changed cell belongs to no frozen epoch");
    frozen.encodeEarly(cell);
  }

  #thaw(frozen: FrozenTable): void {
    const index = this.#frozen.indexOf(frozen);
    if (index >= 0) this.#frozen.splice(index, 1);
    this.#oldestFrozen = this.#frozen[0]?.epoch ?? Infinity;
  }

  /** Whether what is not in memory is nowhere. */
  get #knowsAbsence(): boolean {
    return this.pager === undefined || this.pager.isComplete;
  }

  /** For the journal: makes a cell what it was, whatever became of it since. */
  reinstate(cell: Cell, before: Pick<Cell, "value" | "present" | "stored" | "epoch">): void {
    if (before.epoch === this.#epoch) this.claim(cell);
    cell.value = before.value;
    cell.present = before.present;
    cell.stored = before.stored;
    if (!cell.present && !cell.stored && this.#knowsAbsence) this.detach(cell);
    else this.#attach(cell);
  }

  #attach(cell: Cell): void {
    const { row, slot, subkey } = cell;
    // A row that nobody held went with its last entry.
    if (row.space.get(row.key) !== row) row.space.set(row.key, row);
    if (subkey === undefined) {
      row.setCell(slot, cell);
      return;
    }
    let cells = row.maps[slot];
    if (cells === undefined) {
      cells = new CellMap(this.#knowsAbsence);
      row.setMap(slot, cells);
    }
    cells.set(identityOf(subkey), cell);
  }

  /** Takes a cell out of its row. */
  detach(cell: Cell): void {
    this.#release(cell);
    const { row, slot, subkey } = cell;
    if (subkey === undefined) {
      if (row.cell(slot) === cell) row.setCell(slot, undefined);
    } else {
      const cells = row.maps[slot];
      const identity = identityOf(subkey);
      if (cells?.get(identity) === cell) cells.delete(identity);
      if (cells?.size === 0 && (this.pager?.mayForget(cells) ?? true)) row.setMap(slot, undefined);
    }
    this.dropIfEmpty(row);
  }

  /** Forgets a row that holds no entry. */
  dropIfEmpty(row: Row): void {
    if (row === this.#held || !row.isEmpty) return;
    const { space } = row;
    if (space.get(row.key) === row) space.delete(row.key);
    if (!space.isAskedFor && space.size === 0) this.dropSpace(space);
  }
}

/** Whether the store has to hear of a changed cell. One of which it does not is clean. */
function foreignKey(operator: string, key: Key, group: number, range: KeyGroupRange): StateError {
  return new StateError(
    "STATE_KEY_FOREIGN",
    `Cannot keep state of key ${String(key)} in operator "${operator}": its key group ${group} belongs to another subtask ` +
      `(this one has ${range.first} to ${range.last}). A key selector must give the same key for the same record every time`,
    { details: { operator, keyGroup: group } },
  );
}
