import { simRandom, type SimRandom } from "./random.ts";
import type { LogAnswer, TopicLog } from "./topic-log.ts";

const FED = 0xfeed5;
/** How many records an answer reaches back at most. */
const BACK_MAX = 3;

/** How an answer comes to a reader: what is delivered, one after the other, and what comes once more a while later. */
export interface Delivery<T> {
  readonly now: readonly LogAnswer<T>[];
  readonly later: LogAnswer<T> | undefined;
  readonly laterMs: number;
}

/**
 * How answers of a log come to its readers: mostly as they were asked for. Otherwise they reach back, as those of a broker do
 * that keeps records in batches; or come again, as after a connection was lost; or the next one comes before.
 */
export class TopicFeed {
  readonly #random: SimRandom;
  readonly #redelivers: number;
  readonly #paceMs: number;

  /** @param redelivers how often an answer comes in another way, from 0 to 1. */
  constructor(seed: number, redelivers: number, paceMs: number) {
    this.#random = simRandom(seed ^ FED);
    this.#redelivers = redelivers;
    this.#paceMs = paceMs;
  }

  /** Delivers what was asked for, all of it and perhaps more. */
  deliver<T>(log: TopicLog<T>, position: number, count: number): Delivery<T> {
    const asked = log.read(position, count);
    const random = this.#random;
    if (this.#redelivers === 0 || !random.chance(this.#redelivers)) return once(asked);
    switch (random.below(3)) {
      case 0: {
        const before = log.countBefore(position);
        const back = Math.min(before, 1 + random.below(BACK_MAX));
        return once(log.read(log.positionAfter(before - back), back + count));
      }
      case 1:
        return { now: [asked], later: asked, laterMs: random.next() * (1 + this.#paceMs) };
      default:
        return { now: [log.read(asked.to, 1 + random.below(count)), asked], later: undefined, laterMs: 0 };
    }
  }
}

function once<T>(answer: LogAnswer<T>): Delivery<T> {
  return { now: [answer], later: undefined, laterMs: 0 };
}
