import type { Cell, Row } from "../state/row.ts";
import { groupOf } from "../state/entry-codec.ts";
import { KeyGroupSet } from "../state/key-group-set.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import type { TablePager } from "../state/paging/table-pager.ts";
import { timeOf, TimerHeap } from "./timer-heap.ts";
import type { ReadTimers, TimerHorizon } from "./timer-horizon.ts";

/** When so many timers have been read they are taken, in one turn of the event loop, before more are. */
const READ_MAX = 1_024;

/** So many timers are let go of in one turn. */
const LEFT_MAX = 16_384;

/** Of so many timers that have been written it is looked in one turn whether they were read past. */
const SETTLED_MAX = 1_024;

/** Timers that are ahead of what was read, and that a reading would miss, by the epoch whose changes they are part of. */
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
  readonly #timers = new TimerHeap(isWaiting);
  readonly #horizon: TimerHorizon | undefined;
  #unwritten: Unwritten[] = [];

  /** @param horizon of a table whose entries may leave memory. */
  constructor(table: KeyedTable, slot: number, horizon?: TimerHorizon) {
    this.#table = table;
    this.#slot = slot;
    this.#horizon = horizon;
  }

  /** The time of the next timer, or an earlier one; `undefined` if there is none. */
  get next(): number | undefined {
    const next = Math.min(this.#timers.earliest, this.#earliestUnwritten(), this.#horizon?.reach ?? Infinity);
    return next === Infinity ? undefined : next;
  }

  /** Whether one may be due at `time`: if not, none is. */
  isDue(time: number): boolean {
    if (this.#timers.earliest <= time) return true;
    return this.#horizon !== undefined && (this.#horizon.reach <= time || this.#earliestUnwritten() <= time);
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
    const due = this.#horizon === undefined ? this.#timers.take(time) : this.#takeWithin(this.#horizon, time);
    if (due !== undefined && this.#isUndoable) this.#note(() => this.#timers.add(due));
    return due;
  }

  /** Takes the next one, also if it was read past while it was not written. */
  #takeWithin({ reach }: TimerHorizon, time: number): Cell | undefined {
    const limit = Math.min(time, reach);
    for (;;) {
      const unwritten = this.#earliestUnwritten();
      const due = this.#timers.take(Math.min(limit, unwritten));
      if (due !== undefined || unwritten > limit || unwritten === Infinity) return due;
      for (const { timers } of this.#unwritten) {
        const timer = timers.take(unwritten);
        if (timer !== undefined) this.#timers.add(timer);
      }
    }
  }

  #earliestUnwritten(): number {
    let earliest = Infinity;
    for (const { timers } of this.#unwritten) earliest = Math.min(earliest, timers.earliest);
    return earliest;
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
    const ahead = Math.ceil(pager.memory.timersMax / 3);
    const bounds = { limit: Math.min(READ_MAX, ahead), ahead };
    return horizon.read(pager.access, time, bounds);
  }

  /** Takes the timers that were read. */
  readEnded(read: readonly ReadTimers[]): void {
    const horizon = this.#horizon as TimerHorizon;
    for (const { entries } of read) {
      for (const entry of entries) {
        const cell = this.#table.restore(entry);
        if (cell?.present === true && !cell.used) this.restore(cell);
      }
    }
    horizon.advance(read);
  }

  /** Leaves all to the store that a restore did not bring. */
  openPartly(): void {
    this.#horizon?.drawIn(-Infinity);
  }

  /** To be called between records: lets go of timers that are far away if too many wait. */
  balance(pager: TablePager): void {
    this.#leaveWritten(pager.settledEpoch);
    const { timersMax } = pager.memory;
    const { size } = this.#timers;
    if (size <= timersMax || !pager.becomePartial()) return;
    const kept = Math.max(Math.floor(timersMax / 2), size - LEFT_MAX);
    const left = new KeyGroupSet();
    const from = this.#timers.cut(kept, (timer) => {
      left.add(groupOf(timer.row, this.#table.keyGroups));
      this.#keepUntilWritten(timer);
    });
    if (from !== undefined) this.#horizon?.drawIn(from, left);
  }

  /** Leaves those that have been written to the store, unless it was read past them. */
  #leaveWritten(settledEpoch: number): void {
    let left = SETTLED_MAX;
    for (const { epoch, timers } of this.#unwritten) {
      for (; epoch <= settledEpoch && left > 0 && timers.size > 0; left--) {
        const timer = timers.takeAny();
        if (timer === undefined || epochOf(timer) > settledEpoch) continue;
        if (this.#horizon?.isBehind(timer.row, timeOf(timer)) === true) this.#timers.add(timer);
        else timer.used = false;
      }
    }
    this.#unwritten = this.#unwritten.filter(({ epoch, timers }) => epoch > settledEpoch || timers.size > 0);
  }

  /** The cell of a timer, of which the store may have one if memory has none. */
  #cellOf(row: Row, time: number): Cell {
    const known = this.#table.residentMapCell(row, this.#slot, time);
    if (known !== undefined) return known;
    const cell = this.#table.addMapCell(row, this.#slot, time);
    cell.stored = this.#table.pager?.isComplete === false;
    // Nobody has asked the store: taken back, it says nothing of what the store has.
    if (cell.stored && this.#isUndoable) this.#note(() => this.#table.forget(cell));
    return cell;
  }

  #enqueue(timer: Cell): void {
    timer.used = true;
    if (this.#horizon === undefined || this.#horizon.isBehind(timer.row, timeOf(timer))) this.#timers.add(timer);
    else this.#keepUntilWritten(timer);
    if (this.#isUndoable) {
      this.#note(() => {
        timer.used = false;
        this.#timers.removed();
      });
    }
  }

  /** What a reading of the store would miss is kept here until the store has it. */
  #keepUntilWritten(timer: Cell): void {
    const epoch = epochOf(timer);
    if (epoch <= (this.#table.pager?.settledEpoch ?? 0)) {
      timer.used = false;
      return;
    }
    let last = this.#unwritten.find((unwritten) => unwritten.epoch === epoch);
    if (last === undefined) {
      last = { epoch, timers: new TimerHeap(isWaiting) };
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

function isWaiting({ present, used }: Cell): boolean {
  return present && used;
}

/** The epoch whose changes it is part of, or was last. */
function epochOf({ epoch }: Cell): number {
  return Math.abs(epoch);
}
