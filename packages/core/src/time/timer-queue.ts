import type { Cell, Row } from "../state/row.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import type { TablePager } from "../state/paging/table-pager.ts";
import { timeOf, TimerHeap } from "./timer-heap.ts";
import { type ReadTimers, TimerHorizon } from "./timer-horizon.ts";

/** About so many timers are read at once, and taken in one turn of the event loop, however many may wait. */
const READ_MAX = 4_096;

/** Timers that are written nowhere and do not wait in the queue, by the epoch whose changes they are part of. */
interface Unwritten {
  readonly epoch: number;
  readonly timers: TimerHeap;
}

/**
 * The timers of one operator in one time domain: at most one for a key, namespace and time, given back in the order of
 * time. Each is an entry of keyed state, so it is checkpointed and redistributed like any other.
 *
 * Where memory is limited only the nearest ones wait here; the others are entries like any other, which leave memory and are
 * read again when their time comes near. One that is set or taken back far ahead is written without looking for it.
 */
export class TimerQueue {
  readonly #table: KeyedTable;
  readonly #slot: number;
  /** What waits here stays in memory: its entry need not be looked up. */
  readonly #timers = new TimerHeap((timer) => timer.present && timer.used);
  readonly #horizon: TimerHorizon | undefined;
  #unwritten: Unwritten[] = [];

  constructor(table: KeyedTable, slot: number) {
    this.#table = table;
    this.#slot = slot;
    this.#horizon = table.pager === undefined ? undefined : new TimerHorizon(table, slot);
  }

  /** The time of the next timer, or an earlier one; `undefined` if there is none. */
  get next(): number | undefined {
    const next = Math.min(this.#timers.earliest, this.#horizon?.reach ?? Infinity);
    return next === Infinity ? undefined : next;
  }

  /** Whether one may be due at `time`: if not, none is. */
  isDue(time: number): boolean {
    return this.#timers.earliest <= time || (this.#horizon !== undefined && this.#horizon.reach <= time);
  }

  /** How many timers take room here: those that wait, and not many more. */
  get held(): number {
    return this.#timers.size;
  }

  /** Sets a timer for a row. One that is set already stays one. */
  register(row: Row, time: number): void {
    const cell = this.#cellOf(row, time);
    if (cell.present) return;
    this.#table.claim(cell);
    cell.value = null;
    cell.present = true;
    this.#enqueue(cell);
  }

  /** Takes a timer back. One that is not set is no error. */
  delete(row: Row, time: number): void {
    const cell = this.#table.residentMapCell(row, this.#slot, time);
    if (cell === undefined) {
      if (this.#table.pager?.isComplete === false) this.#table.clearUnseen(this.#cellOf(row, time));
      return;
    }
    if (!cell.present) return;
    const { used } = cell;
    this.#table.clear(cell);
    cell.used = false;
    if (used) this.#timers.removed();
    if (this.#isUndoable) this.#note(() => this.#enqueue(cell));
  }

  /** Takes the entry of a restored timer. */
  restore(timer: Cell): void {
    timer.used = true;
    this.#timers.add(timer);
  }

  /** Takes the entry of the next timer that is due at `time` out of the queue, but leaves it set, for {@link fire}. */
  take(time: number): Cell | undefined {
    const due = this.#timers.take(this.#horizon === undefined ? time : Math.min(time, this.#horizon.reach));
    if (due !== undefined && this.#isUndoable) this.#note(() => this.#timers.add(due));
    return due;
  }

  /** Removes a timer that was taken. */
  fire(timer: Cell): void {
    this.#table.clear(timer);
    timer.used = false;
    if (this.#isUndoable) this.#note(() => (timer.used = true));
  }

  /** The rows of timers that are due next: some of them. */
  upcoming(time: number, limit: number): readonly Row[] {
    return this.#timers.upcoming(time, limit);
  }

  /** Whether timers that are due at `time` may be in the store alone: {@link read} them when no other is due. */
  isShort(time: number): boolean {
    return this.#horizon !== undefined && this.#horizon.reach <= time && this.#horizon.reach < Infinity;
  }

  /** Reads the next timers. None may leave memory meanwhile. */
  read(pager: TablePager, time: number): Promise<readonly ReadTimers[]> {
    const horizon = this.#horizon as TimerHorizon;
    const limit = Math.min(READ_MAX, Math.ceil(pager.memory.timersMax / 2));
    return horizon.read((range) => pager.access.slice(range), time, limit);
  }

  /** Takes the timers that were read, and those that came meanwhile. */
  readEnded(read: readonly ReadTimers[]): void {
    const horizon = this.#horizon as TimerHorizon;
    for (const { entries } of read) {
      for (const entry of entries) {
        const cell = this.#table.restore(entry);
        if (cell?.present === true && !cell.used) this.restore(cell);
      }
    }
    horizon.advance(read);
    for (const { timers } of this.#unwritten) {
      const { furthest } = horizon;
      for (let timer = timers.take(furthest); timer !== undefined; timer = timers.take(furthest)) this.#recall(timer);
    }
  }

  /** Leaves all to the store that a restore did not bring. */
  openPartly(): void {
    this.#horizon?.drawIn(-Infinity);
  }

  /** To be called between records: lets go of timers that are far away if too many wait. */
  balance(pager: TablePager): void {
    this.#unwritten = this.#unwritten.filter(({ epoch }) => epoch > pager.settledEpoch);
    const { timersMax } = pager.memory;
    if (this.#timers.size <= timersMax || !pager.becomePartial()) return;
    const from = this.#timers.cut(Math.floor(timersMax / 2), (timer) => {
      timer.used = false;
      this.#keepUntilWritten(timer);
    });
    if (from !== undefined) this.#horizon?.drawIn(from);
  }

  #recall(timer: Cell): void {
    const cell = this.#residentOf(timer);
    if (cell?.present === true && !cell.used) this.restore(cell);
  }

  /** A timer that does not wait may have left memory since, and come back as another entry. */
  #residentOf(timer: Cell): Cell | undefined {
    return this.#table.residentMapCell(timer.row, this.#slot, timeOf(timer));
  }

  /** The cell of a timer, of which the store may have one if memory has none. */
  #cellOf(row: Row, time: number): Cell {
    const known = this.#table.residentMapCell(row, this.#slot, time);
    if (known !== undefined) return known;
    const cell = this.#table.addMapCell(row, this.#slot, time);
    cell.stored = this.#table.pager?.isComplete === false;
    return cell;
  }

  #enqueue(timer: Cell): void {
    if (this.#horizon === undefined || this.#horizon.isBehind(timer.row, timeOf(timer))) {
      this.restore(timer);
      if (this.#isUndoable) {
        this.#note(() => {
          timer.used = false;
          this.#timers.removed();
        });
      }
    } else {
      this.#keepUntilWritten(timer);
    }
  }

  /** What a reading of the store would miss is kept here until the store has it. */
  #keepUntilWritten(timer: Cell): void {
    const epoch = Math.abs(timer.epoch);
    if (epoch <= (this.#table.pager?.settledEpoch ?? 0)) return;
    let last = this.#unwritten.find((unwritten) => unwritten.epoch === epoch);
    if (last === undefined) {
      last = { epoch, timers: new TimerHeap((each) => this.#residentOf(each)?.present === true) };
      this.#unwritten.push(last);
    }
    last.timers.add(timer);
  }

  /** Whether what is done may be taken back. Asked first, since a function that notes a step is an object more. */
  get #isUndoable(): boolean {
    return this.#table.journal.isOpen;
  }

  #note(step: () => void): void {
    this.#table.journal.note(step);
  }
}
