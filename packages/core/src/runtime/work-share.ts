import type { Env } from "../env/env.ts";
import { AGAIN, type Progress, type WorkSlice } from "../operators/progress.ts";

/** How many records or firings a subtask handles before others have a turn. */
export const SHARE_RECORDS = 4096;

/** It handles fewer, down to the least, where they take longer than this: the last share of a turn of the event loop goes beyond its end. */
export const SHARE_MS = 1;
const SHARE_RECORDS_MIN = 16;

/** One call makes shares no smaller than by this factor: it may have met a pause of the collector. */
const SHRINK_MAX = 8;

/**
 * The share of work that a subtask gets at a time. One that took too long is halved as often as would have been right. After one that was used up
 * in less than half of the time it is doubled, unless the next takes longer: a batch may take all of its share before anything is done. Where clocks
 * stand still all are whole.
 */
export class WorkShare {
  /** What operators spend from. */
  readonly slice: WorkSlice;
  readonly #env: Pick<Env, "monotonic">;
  readonly #most: number;
  #records: number;
  #wasUsedUp = false;
  #begunAt = 0;

  constructor(env: Pick<Env, "monotonic" | "shareRecords">) {
    this.#env = env;
    this.#most = env.shareRecords ?? SHARE_RECORDS;
    this.#records = this.#most;
    this.slice = { remaining: this.#most };
  }

  /** A call begins. @param records how many are handed over with it. */
  begin(records: number): void {
    this.slice.remaining = this.#records - records;
    this.#begunAt = this.#env.monotonic();
  }

  /** The call has ended. @returns how far it got, as given. */
  ended(progress: Progress): Progress {
    const tookMs = this.#env.monotonic() - this.#begunAt;
    const isShort = tookMs < SHARE_MS / 2;
    if (tookMs > SHARE_MS) {
      const factor = Math.min(SHRINK_MAX, 2 ** Math.ceil(Math.log2(tookMs / SHARE_MS)));
      this.#records = Math.max(Math.min(SHARE_RECORDS_MIN, this.#most), this.#records / factor);
    } else if (this.#wasUsedUp && isShort) this.#records = Math.min(this.#most, this.#records * 2);
    this.#wasUsedUp = progress === AGAIN && isShort;
    return progress;
  }
}
