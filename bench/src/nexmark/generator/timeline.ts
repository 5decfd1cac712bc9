/** What the events of a run are: how many, at which times, in which order. All of it follows from the options. */
import { EVENTS_IN_FLIGHT } from "./numbering.ts";

/** Options of the generator. */
export interface NexmarkOptions {
  /** How many events there are, of all generators together. */
  readonly events: number;
  /** How many events there are per second of event time, of all generators together. Default: 10,000. */
  readonly rate?: number;
  /** How many generators there are. Their time lines are parallel: each spans the whole time. Default: 1. */
  readonly generators?: number;
  /** Events leave their order within groups of this size. No multiple of 953. Default: 1, which keeps the order. */
  readonly outOfOrderGroupSize?: number;
  /** When it begins, in milliseconds since 1970. Default: 2015-07-15T00:00:00Z. */
  readonly baseTime?: number;
  /**
   * How the time of an event is computed. `"beam"` rounds the pause between two events to whole microseconds and so
   * cannot do more than two million events per second; `"flink"` does not round. Default: `"beam"`.
   */
  readonly timing?: "beam" | "flink";
  /** Whether records are filled up to their usual size. If not, `extra` is empty. Default: `true`. */
  readonly extra?: boolean;
}

/** The options with nothing left open. */
export interface Timeline {
  readonly events: number;
  readonly generators: number;
  readonly groupSize: number;
  readonly baseTime: number;
  readonly pauseUs: number;
  readonly extra: boolean;
}

const PERMUTATION = 953;
const BASE_TIME = Date.UTC(2015, 6, 15);
const INT_LIMIT = 2 ** 31;

function requireWhole(name: string, value: number, min: number): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`Cannot generate events: ${name} is ${value}, not a whole number of at least ${min}`);
  }
}

/**
 * Completes the options.
 *
 * @throws {RangeError} if they cannot be met.
 */
export function timelineOf(options: NexmarkOptions): Timeline {
  const { events, rate = 10_000, generators = 1, outOfOrderGroupSize = 1, baseTime = BASE_TIME } = options;
  requireWhole("events", events, 0);
  requireWhole("rate", rate, 1);
  requireWhole("generators", generators, 1);
  requireWhole("outOfOrderGroupSize", outOfOrderGroupSize, 1);
  requireWhole("baseTime", baseTime, 0);
  if (outOfOrderGroupSize % PERMUTATION === 0) {
    throw new RangeError(`Cannot generate events: outOfOrderGroupSize is ${outOfOrderGroupSize}, a multiple of 953`);
  }
  const rounded = Math.floor((1_000_000 + Math.floor(rate / 2)) / rate);
  const pauseUs = (options.timing === "flink" ? 1_000_000 / rate : rounded) * generators;
  if (pauseUs === 0) {
    throw new RangeError(`Cannot generate events: at a rate of ${rate} with timing "beam" no time would pass`);
  }
  // The duration of an auction is drawn as an int of 32 bits.
  if ((2 * (EVENTS_IN_FLIGHT + 1) * pauseUs) / 1000 >= INT_LIMIT) {
    throw new RangeError(`Cannot generate events: at a rate of ${rate} auctions would be open for too long`);
  }
  return { events, generators, groupSize: outOfOrderGroupSize, baseTime, pauseUs, extra: options.extra ?? true };
}

/** The time of an event, by its number within its generator. */
export function timeAt(timeline: Timeline, number: number): number {
  return timeline.baseTime + Math.floor(Math.trunc(number * timeline.pauseUs) / 1000);
}

/** The number, in order of time, of the event that comes as the `number`th. */
export function adjustedNumber(timeline: Timeline, number: number): number {
  const { groupSize } = timeline;
  return number - (number % groupSize) + ((PERMUTATION * number) % groupSize);
}

/** A time that no event from the `number`th on is below. */
export function watermarkAt(timeline: Timeline, number: number): number {
  return timeAt(timeline, number - (number % timeline.groupSize));
}
