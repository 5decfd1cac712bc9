import { assert } from "../assert.ts";
import { StateError } from "../errors.ts";
import type { StateEntry } from "./backend.ts";
import { decodeEntryKey, decodeEntryValue, groupOf } from "./entry-codec.ts";
import { FrozenTable } from "./frozen-table.ts";
import type { Key } from "./key-codec.ts";
import type { KeyGroupRange } from "./key-groups.ts";
import type { Slot, TableLayout } from "./layout.ts";
import { checkFits, heldOf, unmapped } from "./restored-entry.ts";
import { Cell, identityOf, ownKey, Row, Space } from "./row.ts";

/** Where a table stands in its job. */
export interface TableOptions {
  readonly layout: TableLayout;
  /** The key groups of this subtask. */
  readonly range: KeyGroupRange;
  /** The number of key groups of the job. */
  readonly keyGroups: number;
}

/** The set of changed cells is swept for dead ones when it has this many, and again at each doubling. */
const DIRTY_SWEEP_MIN = 65_536;

/** The namespace of state that belongs to no window. */
export const NO_NAMESPACE: Key = null;

/**
 * The keyed state of one operator in one subtask: resident rows, and the set of cells changed since the last barrier. It
 * freezes in constant time. A frozen cell that is touched again before it was encoded is encoded first, so that nothing
 * user code does can reach a snapshot it does not belong to.
 */
export class KeyedTable {
  readonly layout: TableLayout;
  readonly #options: TableOptions;
  readonly #spaces = new Map<ReturnType<typeof identityOf>, Space>();
  readonly #frozen: FrozenTable[] = [];
  /** The epoch that changes belong to now. Counts up from 1, apart from checkpoint ids. */
  #epoch = 1;
  #oldestFrozen = Infinity;
  #dirty: Cell[] = [];
  #sweepAt = DIRTY_SWEEP_MIN;
  #held: Row | undefined;

  constructor(options: TableOptions) {
    this.layout = options.layout;
    this.#options = options;
  }

  /** The rows of a namespace, made if there are none. */
  space(namespace: Key): Space {
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
    return space.get(key) ?? this.#newRow(space, key);
  }

  /** The cell of a value state, made (absent) if there is none. */
  cell(row: Row, slot: number): Cell {
    let cell = row.cells[slot];
    if (cell === undefined) {
      cell = new Cell(row, slot, undefined);
      row.cells[slot] = cell;
    }
    return cell;
  }

  /** The cell of a value state; `undefined` if there is none. */
  heldCell(row: Row, slot: number): Cell | undefined {
    return row.cells[slot];
  }

  /** The cells of a map state, in the order in which they became resident. They may be cleared meanwhile. */
  mapCells(row: Row, slot: number): Iterable<Cell> {
    return row.maps[slot]?.values() ?? [];
  }

  /**
   * The cells that are resident in some slots, for work that goes on now and then: cells may come and go meanwhile. Gives
   * `undefined` where a row has none, so that a caller can count its work.
   */
  *residentCells(slots: readonly number[]): IterableIterator<Cell | undefined> {
    for (const space of this.#spaces.values()) {
      for (const row of space.rows()) {
        for (const slot of slots) {
          yield row.cells[slot];
          yield* this.mapCells(row, slot);
        }
      }
    }
  }

  /** The cell of a map entry or a timer; `undefined` if there is none. */
  mapCell(row: Row, slot: number, subkey: Key): Cell | undefined {
    return row.maps[slot]?.get(identityOf(subkey));
  }

  /**
   * The cell of a map entry or a timer, made (absent) if there is none.
   *
   * @throws {SerializationError} KEY_UNSUPPORTED if the subkey can be no key.
   */
  newMapCell(row: Row, slot: number, subkey: Key): Cell {
    const identity = identityOf(subkey);
    const cells = row.maps[slot];
    let cell = cells?.get(identity);
    if (cell === undefined) {
      cell = new Cell(row, slot, ownKey(subkey));
      const into = cells ?? row.newMap(slot);
      into.set(identity, cell);
    }
    return cell;
  }

  /** To be called before a cell's value is given to user code, which may change it in place. */
  protect(cell: Cell): void {
    if (cell.present && this.#isFrozen(cell)) this.#encodeEarly(cell);
  }

  /** To be called before a cell is changed. */
  claim(cell: Cell): void {
    if (cell.epoch === this.#epoch) return;
    if (this.#isFrozen(cell)) this.#encodeEarly(cell);
    // Before the cell joins: it looks dead until its first value is in it.
    if (this.#dirty.length >= this.#sweepAt) this.#sweepDirty();
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
    if (!cell.stored) this.#detach(cell);
  }

  /**
   * Keeps a row while user code works with its key, though its last entry may go meanwhile: what is written next belongs
   * to the same row. Lets go of the row held before.
   */
  hold(row: Row | undefined): void {
    const before = this.#held;
    this.#held = row;
    if (before !== undefined && before !== row) this.#dropIfEmpty(before);
  }

  /** Cuts the changes here, in constant time. */
  freeze(): FrozenTable {
    const frozen = new FrozenTable(this.layout, this.#options.keyGroups, this.#epoch, this.#dirty, {
      detach: (cell) => this.#detach(cell),
      finished: (done) => this.#thaw(done),
    });
    this.#frozen.push(frozen);
    this.#oldestFrozen = this.#frozen[0]?.epoch ?? Infinity;
    this.#dirty = [];
    this.#sweepAt = DIRTY_SWEEP_MIN;
    this.#epoch++;
    return frozen;
  }

  /**
   * Takes an entry of a restored checkpoint.
   *
   * @returns its cell, or `undefined` if the key group is another subtask's.
   * @throws {StateError} STATE_UNMAPPED if the operator has no such state, STATE_INCOMPATIBLE if it has another kind of it,
   * or a version that no migration leads from.
   */
  restore(entry: StateEntry): Cell | undefined {
    const { keyGroup, state, key, namespace, subkey } = decodeEntryKey(entry.key);
    const { first, last } = this.#options.range;
    if (keyGroup < first || keyGroup > last) return undefined;
    const slot = this.layout.slotOf(state);
    if (slot === undefined) throw unmapped(this.layout, state);
    const found = decodeEntryValue(entry.value);
    checkFits(this.layout, slot, subkey === undefined, found);
    const row = this.row(this.space(namespace), key);
    const cell = subkey === undefined ? this.cell(row, slot) : this.newMapCell(row, slot, subkey);
    cell.value = heldOf(this.layout.slots[slot] as Slot, subkey === undefined, found);
    cell.present = true;
    cell.stored = true;
    return cell;
  }

  /** Forgets cells that came and went within the epoch, so that the set is bounded by the state and not by the traffic. */
  #sweepDirty(): void {
    this.#dirty = this.#dirty.filter((cell) => cell.present || cell.stored);
    this.#sweepAt = Math.max(DIRTY_SWEEP_MIN, this.#dirty.length * 2);
  }

  #newRow(space: Space, key: Key): Row {
    const row = new Row(ownKey(key), space, this.layout.slots.length);
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

  #detach(cell: Cell): void {
    const { row, slot, subkey } = cell;
    if (subkey === undefined) {
      if (row.cells[slot] === cell) row.cells[slot] = undefined;
    } else {
      const cells = row.maps[slot];
      const identity = identityOf(subkey);
      if (cells?.get(identity) === cell) cells.delete(identity);
      if (cells?.size === 0) row.dropMap(slot);
    }
    this.#dropIfEmpty(row);
  }

  /** Forgets a row that holds no entry. */
  #dropIfEmpty(row: Row): void {
    if (row === this.#held || !row.isEmpty) return;
    if (row.space.get(row.key) === row) row.space.delete(row.key);
  }
}

function foreignKey(operator: string, key: Key, group: number, range: KeyGroupRange): StateError {
  return new StateError(
    "STATE_KEY_FOREIGN",
    `Cannot keep state of key ${String(key)} in operator "${operator}": its key group ${group} belongs to another subtask ` +
      `(this one has ${range.first} to ${range.last}). A key selector must give the same key for the same record every time`,
    { details: { operator, keyGroup: group } },
  );
}
