import type { Cell, Row } from "../state/row.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import { TimeHeap } from "./time-heap.ts";

/** A timer that is due. */
export interface DueTimer {
  readonly time: number;
  readonly row: Row;
}

/**
 * The timers of one operator in one time domain: at most one for a key, namespace and time, given back in the order of
 * time. Each is an entry of keyed state, so it is checkpointed and redistributed like any other.
 */
export class TimerQueue {
  readonly #table: KeyedTable;
  readonly #slot: number;
  readonly #due = new Map<number, Set<Row>>();
  readonly #times = new TimeHeap();

  constructor(table: KeyedTable, slot: number) {
    this.#table = table;
    this.#slot = slot;
  }

  /** The time of the next timer; `undefined` if there is none. */
  get next(): number | undefined {
    return this.#times.peek();
  }

  /** Sets a timer for a row. One that is set already stays one. */
  register(row: Row, time: number): void {
    const cell = this.#table.newMapCell(row, this.#slot, time);
    if (cell.present) return;
    this.#table.claim(cell);
    cell.value = null;
    cell.present = true;
    this.#enqueue(row, time);
  }

  /** Takes a timer back. One that is not set is no error. */
  delete(row: Row, time: number): void {
    const cell = this.#table.mapCell(row, this.#slot, time);
    if (cell === undefined || !cell.present) return;
    this.#table.clear(cell);
    this.#due.get(time)?.delete(row);
  }

  /** Takes the entry of a restored timer. */
  restore(cell: Cell): void {
    this.#enqueue(cell.row, cell.subkey as number);
  }

  /** Removes the next timer that is due at `time` and returns it; `undefined` if none is. */
  pop(time: number): DueTimer | undefined {
    for (;;) {
      const next = this.#times.peek();
      if (next === undefined || next > time) return undefined;
      const rows = this.#due.get(next);
      const row = rows?.values().next().value;
      if (rows !== undefined && row !== undefined) {
        this.delete(row, next);
        return { time: next, row };
      }
      this.#times.pop();
      this.#due.delete(next);
    }
  }

  #enqueue(row: Row, time: number): void {
    let rows = this.#due.get(time);
    if (rows === undefined) {
      rows = new Set();
      this.#due.set(time, rows);
      this.#times.push(time);
    }
    rows.add(row);
  }
}
