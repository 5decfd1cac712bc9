import type { Cell, Row } from "../state/row.ts";
import { ShardedMap } from "../state/sharded-map.ts";
import { TimeHeap } from "./time-heap.ts";

/** The timers of one instant, in the order in which they were added. Those that were removed stay as holes. */
interface Bucket {
  cells: (Cell | undefined)[];
  /** The first that was not taken. */
  next: number;
  /** How many were removed and still take room. */
  stale: number;
}

/** Holes are closed when a bucket has so many, and more of them than timers. */
const STALE_MIN = 32;

/** When a timer is due. */
export function timeOf(timer: Cell): number {
  return timer.subkey as number;
}

/**
 * Timers, each as its entry of state, taken in the order of time. Removing one costs nothing: `isSet` tells, when its turn
 * comes, whether it is still wanted. One that is added again after it was removed may be there twice; the second time it is
 * no longer set.
 */
export class TimerBuckets {
  readonly #buckets = new ShardedMap<number, Bucket>();
  readonly #times = new TimeHeap();
  readonly #isSet: (timer: Cell) => boolean;
  #size = 0;
  #earliest = Infinity;

  constructor(isSet: (timer: Cell) => boolean) {
    this.#isSet = isSet;
  }

  /** About how many there are: at least as many as are set. */
  get size(): number {
    return this.#size;
  }

  /** The time of the next timer, or an earlier time; infinite if there is none. */
  get earliest(): number {
    return this.#earliest;
  }

  /** As {@link earliest}; `undefined` if there is none. */
  peek(): number | undefined {
    return this.#times.peek();
  }

  add(timer: Cell): void {
    this.#size++;
    const time = timeOf(timer);
    const bucket = this.#buckets.get(time);
    if (bucket !== undefined) {
      bucket.cells.push(timer);
      return;
    }
    // Most have one, and an array that grows by itself takes room for 17.
    this.#buckets.set(time, { cells: [timer], next: 0, stale: 0 });
    this.#times.push(time);
    if (time < this.#earliest) this.#earliest = time;
  }

  /** Notes that a timer is no longer set. The one that was added last leaves no hole: taking it back leaves no trace. */
  removed(timer: Cell): void {
    const bucket = this.#buckets.get(timeOf(timer));
    if (bucket === undefined) return;
    const { cells, next } = bucket;
    if (next < cells.length && cells[cells.length - 1] === timer) {
      cells.pop();
      this.#size--;
      return;
    }
    bucket.stale++;
    if (bucket.stale >= STALE_MIN && bucket.stale * 2 > cells.length - next) this.#close(bucket);
  }

  /** Takes the next timer that is set, if its time is at or before `time`. */
  take(time: number): Cell | undefined {
    for (;;) {
      const next = this.#times.peek();
      if (next === undefined || next > time) return undefined;
      const bucket = this.#buckets.get(next) as Bucket;
      const { cells } = bucket;
      while (bucket.next < cells.length) {
        const timer = cells[bucket.next] as Cell;
        cells[bucket.next] = undefined;
        bucket.next++;
        this.#size--;
        if (this.#isSet(timer)) return timer;
      }
      this.#times.pop();
      this.#earliest = this.#times.peek() ?? Infinity;
      this.#buckets.delete(next);
    }
  }

  /** The rows of the next timers, if their time is at or before `time`: some of them. */
  upcoming(time: number, limit: number): readonly Row[] {
    const next = this.#times.peek();
    if (next === undefined || next > time) return [];
    const { cells, next: from } = this.#buckets.get(next) as Bucket;
    return cells.slice(from, from + limit).flatMap((timer) => (timer === undefined ? [] : [timer.row]));
  }

  /**
   * Takes away all but about the `kept` earliest timers.
   *
   * @param told is told of each that is set.
   * @returns the time from which on timers were taken away; `undefined` if none was.
   */
  cut(kept: number, told: (timer: Cell) => void): number | undefined {
    let left = kept;
    let from: number | undefined;
    for (const time of this.#times.cut((each) => {
      const bucket = this.#buckets.get(each) as Bucket;
      const count = bucket.cells.length - bucket.next;
      left -= count;
      return left >= 0;
    })) {
      from = Math.min(from ?? Infinity, time);
      const bucket = this.#buckets.get(time) as Bucket;
      this.#buckets.delete(time);
      this.#size -= bucket.cells.length - bucket.next;
      for (const timer of bucket.cells.slice(bucket.next)) {
        if (timer !== undefined && this.#isSet(timer)) told(timer);
      }
    }
    this.#earliest = this.#times.peek() ?? Infinity;
    return from;
  }

  /** Leaves out what is not set, and what is there twice. */
  #close(bucket: Bucket): void {
    const before = bucket.cells.length - bucket.next;
    const cells = new Set<Cell>();
    for (let at = bucket.next; at < bucket.cells.length; at++) {
      const timer = bucket.cells[at] as Cell;
      if (this.#isSet(timer)) cells.add(timer);
    }
    bucket.cells = [...cells];
    bucket.next = 0;
    bucket.stale = 0;
    this.#size -= before - bucket.cells.length;
  }
}
