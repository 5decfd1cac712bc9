/** The conformance generator: every event is a function of the options and its offset alone. */
import type { NexmarkEvent, NexmarkEvents } from "./model.ts";
import { kindOf } from "./numbering.ts";
import { Records } from "./records.ts";
import { adjustedNumber, type NexmarkOptions, type Timeline, timelineOf, watermarkAt } from "./timeline.ts";

/** Stops with a `RangeError` if there is no event at `offset`. */
export function requireOffset(offset: number, length: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset < length) return;
  throw new RangeError(`Cannot read event ${offset}: there are ${length}`);
}

/** One generator: a range of event ids of its own, on a time line parallel to the others'. */
class Generator implements NexmarkEvents {
  readonly length: number;
  readonly #timeline: Timeline;
  readonly #records: Records;
  readonly #firstId: number;

  constructor(timeline: Timeline, records: Records, index: number) {
    const share = Math.floor(timeline.events / timeline.generators);
    // The last generator also makes what cannot be divided.
    this.length = index === timeline.generators - 1 ? timeline.events - share * index : share;
    this.#firstId = share * index;
    this.#timeline = timeline;
    this.#records = records;
  }

  at(offset: number): NexmarkEvent {
    requireOffset(offset, this.length);
    const number = adjustedNumber(this.#timeline, offset);
    const id = this.#firstId + number;
    switch (kindOf(id)) {
      case "bid":
        return { person: undefined, auction: undefined, bid: this.#records.bid(id, number) };
      case "auction":
        return { person: undefined, auction: this.#records.auction(id, number), bid: undefined };
      case "person":
        return { person: this.#records.person(id, number), auction: undefined, bid: undefined };
    }
  }

  watermark(offset: number): number {
    requireOffset(offset, this.length);
    return watermarkAt(this.#timeline, offset);
  }
}

/** All generators in turns: first the first event of each, then the second of each. */
class Interleaved implements NexmarkEvents {
  readonly length: number;
  readonly #generators: readonly NexmarkEvents[];
  readonly #inTurns: number;

  constructor(generators: readonly NexmarkEvents[]) {
    this.#generators = generators;
    this.length = generators.reduce((sum, each) => sum + each.length, 0);
    this.#inTurns = (generators[0]?.length ?? 0) * generators.length;
  }

  at(offset: number): NexmarkEvent {
    requireOffset(offset, this.length);
    return this.#generatorAt(offset).at(this.#indexAt(offset));
  }

  watermark(offset: number): number {
    requireOffset(offset, this.length);
    return this.#generatorAt(offset).watermark(this.#indexAt(offset));
  }

  #generatorAt(offset: number): NexmarkEvents {
    const count = this.#generators.length;
    return this.#generators[offset < this.#inTurns ? offset % count : count - 1]!;
  }

  #indexAt(offset: number): number {
    const count = this.#generators.length;
    if (offset < this.#inTurns) return Math.floor(offset / count);
    return this.#inTurns / count + (offset - this.#inTurns);
  }
}

/**
 * The events of each generator, for sources that read them in parallel.
 *
 * @throws {RangeError} if the options cannot be met.
 */
export function nexmarkSplits(options: NexmarkOptions): readonly NexmarkEvents[] {
  const timeline = timelineOf(options);
  const records = new Records(timeline);
  return Array.from({ length: timeline.generators }, (_, index) => new Generator(timeline, records, index));
}

/**
 * All events, in the order of their times except for what `outOfOrderGroupSize` allows.
 *
 * @throws {RangeError} if the options cannot be met.
 */
export function nexmark(options: NexmarkOptions): NexmarkEvents {
  const splits = nexmarkSplits(options);
  return splits.length === 1 ? splits[0]! : new Interleaved(splits);
}
