import { simRandom } from "./random.ts";

/** A record of a log with its place there. */
export interface LogEntry<T> {
  /** Where it stands. Grows from record to record, not always by one. */
  readonly position: number;
  /** The record. */
  readonly value: T;
}

/** What a log says to a reader: all that stands from one position up to another. */
export interface LogAnswer<T> {
  /** The position from which on this is all there is. */
  readonly from: number;
  /** The records, in the order of their positions. */
  readonly entries: readonly LogEntry<T>[];
  /** The position up to which this is all there is. */
  readonly to: number;
}

/** How the positions of a log are drawn. */
export interface LogShape {
  /** How often positions are left out, before a record and at the end, from 0 to 1. */
  readonly gaps: number;
  /** Whether the end lies behind the last record, so that it has to be asked for. */
  readonly endsApart: boolean;
}

const GAP_MAX = 5;
const SHAPED = 0x6a9107;

/**
 * A split of a simulated topic, as a log that other people write: records have positions, and a position may have no record, as
 * in a topic that was compacted, or where a transaction was taken back.
 */
export class TopicLog<T> {
  readonly #records: readonly T[];
  /** The position of each record; `undefined` where each is as many as stand before it. */
  readonly #positions: readonly number[] | undefined;
  /** The position behind all that it has. */
  readonly end: number;

  /** Lays records out. @param seed decides where positions are left out, and nothing else does. */
  constructor(records: readonly T[], seed: number, { gaps, endsApart }: LogShape) {
    this.#records = records;
    const random = simRandom(seed ^ SHAPED);
    const skip = (): number => (random.chance(gaps) ? 1 + random.below(GAP_MAX) : 0);
    this.#positions = gaps === 0 ? undefined : placed(records.length, skip);
    const last = this.#positions === undefined ? records.length - 1 : (this.#positions.at(-1) ?? -1);
    this.end = last + 1 + (gaps === 0 ? 0 : skip()) + (endsApart ? 1 : 0);
  }

  /** How many records stand before a position. */
  countBefore(position: number): number {
    if (this.#positions === undefined) return Math.min(position, this.#records.length);
    let [low, high] = [0, this.#positions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#positions[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where a reader stands that has read so many records and no more. */
  positionAfter(count: number): number {
    if (count === 0) return 0;
    return this.#positions === undefined ? count : this.#positions[count - 1]! + 1;
  }

  /** The next records from a position on, at most so many; if there are none, the end. */
  read(position: number, count: number): LogAnswer<T> {
    const first = this.countBefore(position);
    const values = this.#records.slice(first, first + count);
    const entries = values.map((value, index) => ({ position: this.#positionOf(first + index), value }));
    return { from: position, entries, to: values.length === 0 ? this.end : this.positionAfter(first + values.length) };
  }

  #positionOf(index: number): number {
    return this.#positions === undefined ? index : this.#positions[index]!;
  }
}

function placed(count: number, skip: () => number): readonly number[] {
  let next = 0;
  return Array.from({ length: count }, () => {
    const position = next + skip();
    next = position + 1;
    return position;
  });
}
