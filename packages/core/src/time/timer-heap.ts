import type { Cell, Row } from "../state/row.ts";

/** What is no longer set is left out when there is so much of it, and more of it than of what is. */
const STALE_MIN = 64;

/** When a timer is due. */
export function timeOf(timer: Cell): number {
  return timer.subkey as number;
}

/**
 * Timers, each as its entry of state, taken in the order of time and then in that in which they were added: a binary heap
 * in arrays of its own, so that a timer takes no object besides its entry. Removing one costs nothing: `isSet` tells, when
 * its turn comes, whether it is still wanted. One that is added again after it was removed may be there twice; the second
 * time it is no longer set.
 */
export class TimerHeap {
  readonly #isSet: (timer: Cell) => boolean;
  #times: number[] = [];
  #orders: number[] = [];
  #timers: Cell[] = [];
  /** How many were ever added. */
  #added = 0;
  /** How many were removed and still take room, at least. */
  #stale = 0;

  constructor(isSet: (timer: Cell) => boolean) {
    this.#isSet = isSet;
  }

  /** About how many there are: at least as many as are set. */
  get size(): number {
    return this.#times.length;
  }

  /** The time of the next timer, or an earlier time; infinite if there is none. */
  get earliest(): number {
    return this.#times[0] ?? Infinity;
  }

  add(timer: Cell): void {
    const at = this.#times.length;
    const time = timeOf(timer);
    this.#times.push(time);
    this.#orders.push(0);
    this.#timers.push(timer);
    this.#rise(at, time, this.#added++, timer);
  }

  /** Notes that a timer is no longer set. */
  removed(): void {
    this.#stale++;
    if (this.#stale >= STALE_MIN && this.#stale * 2 > this.size) this.#sortOut();
  }

  /** Takes the next timer that is set, if its time is at or before `time`. */
  take(time: number): Cell | undefined {
    while (this.#times.length > 0 && (this.#times[0] as number) <= time) {
      const timer = this.#timers[0] as Cell;
      this.#removeFirst();
      if (this.#isSet(timer)) return timer;
      if (this.#stale > 0) this.#stale--;
    }
    return undefined;
  }

  /** Takes one of the last, if it is set. */
  takeAny(): Cell | undefined {
    this.#times.pop();
    this.#orders.pop();
    const timer = this.#timers.pop();
    return timer !== undefined && this.#isSet(timer) ? timer : undefined;
  }

  /** The rows of timers that are due at `time`: some of the next ones. */
  upcoming(time: number, limit: number): readonly Row[] {
    return this.#timers.slice(0, limit).flatMap((timer) => (timeOf(timer) <= time ? [timer.row] : []));
  }

  /**
   * Takes away all but about the `kept` earliest timers: of one instant all or none.
   *
   * @param told is told of each that is set, in no order that means anything.
   * @returns the time from which on timers were taken away; `undefined` if none was.
   */
  cut(kept: number, told: (timer: Cell) => void): number | undefined {
    if (kept >= this.size) return undefined;
    const time = Float64Array.from(this.#times).sort()[kept] as number;
    this.#keep((timer) => {
      if (timeOf(timer) < time) return true;
      if (this.#isSet(timer)) told(timer);
      return false;
    });
    return time;
  }

  /** Leaves out what is not set, and what is there twice. */
  #sortOut(): void {
    const seen = new Set<Cell>();
    this.#keep((timer) => {
      if (!this.#isSet(timer) || seen.has(timer)) return false;
      seen.add(timer);
      return true;
    });
    this.#stale = 0;
  }

  /** Holds some alone, and makes a heap of them again: from the last that has others below it up to the top (Floyd, 1964). */
  #keep(isKept: (timer: Cell) => boolean): void {
    let kept = 0;
    this.#timers.forEach((timer, place) => {
      if (isKept(timer)) this.#put(kept++, this.#times[place] as number, this.#orders[place] as number, timer);
    });
    for (const column of [this.#times, this.#orders, this.#timers]) column.length = kept;
    for (let place = (kept >> 1) - 1; place >= 0; place--) {
      this.#sink(place, this.#times[place] as number, this.#orders[place] as number, this.#timers[place] as Cell);
    }
  }

  #removeFirst(): void {
    const time = this.#times.pop() as number;
    const order = this.#orders.pop() as number;
    const timer = this.#timers.pop() as Cell;
    if (this.#times.length > 0) this.#sink(0, time, order, timer);
  }

  /** Puts a timer at a place or, until what is above it is earlier, further up. */
  #rise(place: number, time: number, order: number, timer: Cell): void {
    const times = this.#times;
    const orders = this.#orders;
    const timers = this.#timers;
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = times[parent] as number;
      // What is above was added before.
      if (above <= time) break;
      times[at] = above;
      orders[at] = orders[parent] as number;
      timers[at] = timers[parent] as Cell;
      at = parent;
    }
    this.#put(at, time, order, timer);
  }

  /** Puts a timer at a place or, until what is below it is later, further down. Written out: it is where timers take their time. */
  #sink(place: number, time: number, order: number, timer: Cell): void {
    const times = this.#times;
    const orders = this.#orders;
    const timers = this.#timers;
    const { length } = times;
    let at = place;
    for (let child = 2 * at + 1; child < length; child = 2 * at + 1) {
      let below = times[child] as number;
      const right = child + 1 < length ? (times[child + 1] as number) : Infinity;
      if (right < below || (right === below && (orders[child + 1] as number) < (orders[child] as number))) {
        child++;
        below = right;
      }
      if (below > time || (below === time && (orders[child] as number) > order)) break;
      times[at] = below;
      orders[at] = orders[child] as number;
      timers[at] = timers[child] as Cell;
      at = child;
    }
    this.#put(at, time, order, timer);
  }

  #put(place: number, time: number, order: number, timer: Cell): void {
    this.#times[place] = time;
    this.#orders[place] = order;
    this.#timers[place] = timer;
  }
}
