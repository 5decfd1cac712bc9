import type { Cell, Row } from "../state/row.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import { type Timer, TimerBuckets } from "./timer-buckets.ts";

/** A timer that is due. */
export type DueTimer = Timer;

/**
 * The timers of one operator in one time domain: at most one for a key, namespace and time, given back in the order of
 * time. Each is an entry of keyed state, so it is checkpointed and redistributed like any other.
 */
export class TimerQueue {
  readonly #table: KeyedTable;
  readonly #slot: number;
  readonly #timers = new TimerBuckets((row, time) => this.#isSet(row, time));

  constructor(table: KeyedTable, slot: number) {
    this.#table = table;
    this.#slot = slot;
  }

  /** The time of the next timer, or an earlier one that was taken back; `undefined` if there is none. */
  get next(): number | undefined {
    return this.#timers.peek();
  }

  /** How many timers take room: those that are set, and not many more. */
  get held(): number {
    return this.#timers.size;
  }

  /** Sets a timer for a row. One that is set already stays one. */
  register(row: Row, time: number): void {
    const cell = this.#table.newMapCell(row, this.#slot, time);
    if (cell.present) return;
    this.#table.claim(cell);
    cell.value = null;
    cell.present = true;
    this.#timers.add(row, time);
  }

  /** Takes a timer back. One that is not set is no error. */
  delete(row: Row, time: number): void {
    if (this.#clear(row, time)) this.#timers.removed(time);
  }

  /** Takes the entry of a restored timer. */
  restore(cell: Cell): void {
    this.#timers.add(cell.row, cell.subkey as number);
  }

  /** Removes the next timer that is due at `time` and returns it; `undefined` if none is. */
  pop(time: number): DueTimer | undefined {
    const due = this.#timers.take(time);
    if (due !== undefined) this.#clear(due.row, due.time);
    return due;
  }

  #clear(row: Row, time: number): boolean {
    const cell = this.#table.mapCell(row, this.#slot, time);
    if (cell === undefined || !cell.present) return false;
    this.#table.clear(cell);
    return true;
  }

  #isSet(row: Row, time: number): boolean {
    return this.#table.mapCell(row, this.#slot, time)?.present === true;
  }
}
