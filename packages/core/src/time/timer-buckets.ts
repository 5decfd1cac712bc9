import type { Row } from "../state/row.ts";
import { ShardedMap } from "../state/sharded-map.ts";
import { TimeHeap } from "./time-heap.ts";

/** The rows that have a timer at one instant, in the order in which they were added. Those that were removed stay as holes. */
interface Bucket {
  rows: (Row | undefined)[];
  /** The first that was not taken. */
  next: number;
  /** How many were removed and still take room. */
  stale: number;
}

/** Holes are closed when a bucket has so many, and more of them than rows. */
const STALE_MIN = 32;

/** A timer: at most one for a row and a time. */
export interface Timer {
  readonly time: number;
  readonly row: Row;
}

/**
 * Rows by time, taken in the order of time. Removing one costs nothing: `isSet` tells, when its turn comes, whether it is
 * still wanted. A row that is added again after it was removed may be there twice; the second time it is no longer set.
 */
export class TimerBuckets {
  readonly #buckets = new ShardedMap<number, Bucket>();
  readonly #times = new TimeHeap();
  readonly #isSet: (row: Row, time: number) => boolean;
  #size = 0;
  #earliest = Infinity;

  constructor(isSet: (row: Row, time: number) => boolean) {
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

  add(row: Row, time: number): void {
    this.#size++;
    const bucket = this.#buckets.get(time);
    if (bucket !== undefined) {
      bucket.rows.push(row);
      return;
    }
    // Most have one row, and an array that grows by itself takes room for 17.
    this.#buckets.set(time, { rows: [row], next: 0, stale: 0 });
    this.#times.push(time);
    if (time < this.#earliest) this.#earliest = time;
  }

  /** Notes that a timer is no longer set. The one that was added last leaves no hole: taking it back leaves no trace. */
  removed(row: Row, time: number): void {
    const bucket = this.#buckets.get(time);
    if (bucket === undefined) return;
    if (bucket.next < bucket.rows.length && bucket.rows.at(-1) === row) {
      bucket.rows.pop();
      this.#size--;
      return;
    }
    bucket.stale++;
    if (bucket.stale >= STALE_MIN && bucket.stale * 2 > bucket.rows.length - bucket.next) this.#close(bucket, time);
  }

  /** Takes the next timer that is set, if its time is at or before `time`. */
  take(time: number): Timer | undefined {
    for (;;) {
      const next = this.#times.peek();
      if (next === undefined || next > time) return undefined;
      const bucket = this.#buckets.get(next) as Bucket;
      while (bucket.next < bucket.rows.length) {
        const row = bucket.rows[bucket.next] as Row;
        bucket.rows[bucket.next] = undefined;
        bucket.next++;
        this.#size--;
        if (this.#isSet(row, next)) return { time: next, row };
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
    const { rows, next: from } = this.#buckets.get(next) as Bucket;
    return rows.slice(from, from + limit).filter((row) => row !== undefined);
  }

  /**
   * Takes away all but about the `kept` earliest timers.
   *
   * @param told is told of each that is set.
   * @returns the time from which on timers were taken away; `undefined` if none was.
   */
  cut(kept: number, told: (timer: Timer) => void): number | undefined {
    let left = kept;
    let from: number | undefined;
    for (const time of this.#times.cut((each) => {
      const bucket = this.#buckets.get(each) as Bucket;
      const count = bucket.rows.length - bucket.next;
      left -= count;
      return left >= 0;
    })) {
      from = Math.min(from ?? Infinity, time);
      const bucket = this.#buckets.get(time) as Bucket;
      this.#buckets.delete(time);
      this.#size -= bucket.rows.length - bucket.next;
      for (const row of bucket.rows.slice(bucket.next)) {
        if (row !== undefined && this.#isSet(row, time)) told({ time, row });
      }
    }
    this.#earliest = this.#times.peek() ?? Infinity;
    return from;
  }

  /** Leaves out what is not set, and what is there twice. */
  #close(bucket: Bucket, time: number): void {
    const before = bucket.rows.length - bucket.next;
    const rows = new Set<Row>();
    for (let at = bucket.next; at < bucket.rows.length; at++) {
      const row = bucket.rows[at] as Row;
      if (this.#isSet(row, time)) rows.add(row);
    }
    bucket.rows = [...rows];
    bucket.next = 0;
    bucket.stale = 0;
    this.#size -= before - bucket.rows.length;
  }
}
