import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";

import { threadMicros } from "./thread-time.ts";

/** Milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How long turns of the event loop took: by the clock, and in processor time of their thread. */
export interface TurnTimes {
  readonly wall: Spread;
  readonly processor: Spread;
}

/** A timer is looked at this often: no shorter delay is seen. */
const RESOLUTION_MS = 1;

/**
 * Watches the turns of the event loop. What else a machine does makes them longer by the clock, and not in processor time:
 * what the thread has used since the timer came last.
 */
export class TurnWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #processor = createHistogram();
  readonly #timer: ReturnType<typeof setInterval>;
  #before = threadMicros();

  constructor() {
    this.#delays.enable();
    this.#timer = setInterval(() => this.#tick(), RESOLUTION_MS);
  }

  #tick(): void {
    const now = threadMicros();
    this.#processor.record(Math.max(1, now - this.#before));
    this.#before = now;
  }

  /** The longest turn so far, in processor time. */
  get longestMs(): number {
    return this.#processor.max / 1e3;
  }

  /** Ends the watch, in a turn that counts as far as it has come. */
  stop(): TurnTimes {
    clearInterval(this.#timer);
    this.#tick();
    this.#delays.disable();
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const [delays, processor] = [this.#delays, this.#processor];
    return {
      wall: { p50: late(delays.percentile(50)), p99: late(delays.percentile(99)), max: late(delays.max) },
      processor: {
        p50: processor.percentile(50) / 1e3,
        p99: processor.percentile(99) / 1e3,
        max: processor.max / 1e3,
      },
    };
  }
}
