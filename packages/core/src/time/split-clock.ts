import { assert } from "../assert.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "./timestamps.ts";

interface SplitTime {
  maxTimestamp: number;
  idle: boolean;
  /** Whether it is kept from being read: its silence is not its own. */
  held: boolean;
  /** The first poll since its last record that gave none of it, on the monotonic clock; only idleness looks at it. */
  silentSince?: number | undefined;
}

/**
 * The event time of the splits that one reader has. The watermark of a split is a pure function of the split's records:
 * its greatest timestamp, less the bound, less one millisecond. The reader's is the least of its splits'.
 */
export class SplitClock {
  readonly #outOfOrderMs: number;
  readonly #splits = new Map<string, SplitTime>();
  #watermark = NO_TIMESTAMP;

  constructor(outOfOrderMs: number) {
    this.#outOfOrderMs = outOfOrderMs;
  }

  /** What was announced last. It never goes back. */
  get announced(): number {
    return this.#watermark;
  }

  /** Whether no split speaks: there are none, or all are idle. */
  get isIdle(): boolean {
    return this.speaking === 0;
  }

  /** How many splits are not idle. */
  get speaking(): number {
    let speaking = 0;
    for (const { idle } of this.#splits.values()) if (!idle) speaking++;
    return speaking;
  }

  /** A split is read from now on, having reached a greatest timestamp before. */
  add(splitId: string, maxTimestamp: number): void {
    this.#splits.set(splitId, { maxTimestamp, idle: false, held: false });
  }

  /** How many splits are being read. */
  get size(): number {
    return this.#splits.size;
  }

  /** All splits that are not held were asked for records, and one has given some, or none has: it is not idle, the others are silent. */
  asked(heard: string | undefined, at: number): void {
    for (const [id, split] of this.#splits) {
      if (id !== heard) split.silentSince ??= at;
      else {
        split.idle = false;
        split.silentSince = undefined;
      }
    }
  }

  /** Keeps only the splits that are still being read. */
  retain(splitIds: ReadonlySet<string>): void {
    for (const id of this.#splits.keys()) if (!splitIds.has(id)) this.#splits.delete(id);
  }

  /** The greatest timestamp of a split so far. */
  maxTimestamp(splitId: string): number {
    return this.#splits.get(splitId)?.maxTimestamp ?? NO_TIMESTAMP;
  }

  /**
   * Records have been read, up to the first that lies further behind the greatest than the bound allows. The split is looked up
   * once for all of them: once for each took a twentieth of a job that filters, maps and sums.
   *
   * @returns where that record is; the number of times if there is none.
   */
  observe(splitId: string, timestamps: readonly number[], from: number): number {
    const split = this.#known(splitId);
    let greatest = split.maxTimestamp;
    let at = from;
    for (; at < timestamps.length; at++) {
      const timestamp = timestamps[at] as number;
      if (timestamp > greatest) greatest = timestamp;
      else if (timestamp < greatest - this.#outOfOrderMs) break;
    }
    split.maxTimestamp = greatest;
    return at;
  }

  #known(splitId: string): SplitTime {
    const split = this.#splits.get(splitId);
    // Each record comes by here: the message is put together only if it is needed.
    if (split === undefined) assert(false, `a reader gave records of split "${splitId}", which it does not have`);
    return split;
  }

  /** Whether a record lies at or before the watermark of its split. Changes nothing. */
  isBehind(splitId: string, timestamp: number): boolean {
    return timestamp < this.maxTimestamp(splitId) - this.#outOfOrderMs;
  }

  /** A split says itself that no record at or before a time follows: as if one a millisecond later had been read. */
  punctuate(splitId: string, watermark: number): void {
    const split = this.#known(splitId);
    split.maxTimestamp = Math.max(split.maxTimestamp, watermark + 1 + this.#outOfOrderMs);
  }

  /**
   * Splits that have been silent since `since` are idle from now on, those apart that are held. Who was not asked is not silent.
   *
   * @returns since when the next of the others has been silent; `undefined` if none has.
   */
  markIdle(since: number): number | undefined {
    let next: number | undefined;
    for (const split of this.#splits.values()) {
      const { held, silentSince } = split;
      if (held || silentSince === undefined) continue;
      if (silentSince <= since) split.idle = true;
      else if (next === undefined || silentSince < next) next = silentSince;
    }
    return next;
  }

  /** How far the slowest has come of the splits that are not idle and have reached some time; the end of time without any. */
  get slowest(): number {
    let slowest = END_OF_TIME;
    for (const split of this.#splits.values()) {
      const watermark = this.#watermarkOf(split);
      if (!split.idle && watermark > NO_TIMESTAMP && watermark < slowest) slowest = watermark;
    }
    return slowest;
  }

  /** The splits that have come further than a limit, and are not idle, by how far they have come. */
  beyond(limit: number): ReadonlyMap<string, number> {
    const beyond = new Map<string, number>();
    for (const [id, split] of this.#splits) {
      const watermark = this.#watermarkOf(split);
      if (!split.idle && watermark > limit) beyond.set(id, watermark);
    }
    return beyond;
  }

  /** Says which splits are kept from being read. Those that no longer are have time again until they are idle. */
  hold(splitIds: ReadonlySet<string>): void {
    for (const [id, split] of this.#splits) {
      if (split.held) split.silentSince = undefined;
      split.held = splitIds.has(id);
    }
  }

  #watermarkOf({ maxTimestamp }: SplitTime): number {
    return maxTimestamp - this.#outOfOrderMs - 1;
  }

  /** The watermark to announce, if it has advanced since the last one. */
  advance(): number | undefined {
    let least = END_OF_TIME;
    for (const split of this.#splits.values()) if (!split.idle) least = Math.min(least, this.#watermarkOf(split));
    if (least === END_OF_TIME || least <= this.#watermark) return undefined;
    this.#watermark = least;
    return least;
  }
}
