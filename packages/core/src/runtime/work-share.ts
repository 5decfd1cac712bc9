import type { Env } from "../env/env.ts";
import { AGAIN, type Progress, type WorkSlice } from "../operators/progress.ts";

/** How many records or firings a subtask handles before others have a turn. */
export const SHARE_RECORDS = 4096;

/** It handles fewer, down to the least, where they take longer than this. */
export const SHARE_MS = 4;
const SHARE_RECORDS_MIN = 64;

/**
 * The share of work that a subtask gets at a time. One that took too long is halved. After one that was used up in time it is
 * doubled, unless the next takes too long: a batch may take all of its share before anything is done. Where clocks stand still
 * all are whole.
 */
export class WorkShare {
  /** What operators spend from. */
  readonly slice: WorkSlice = { remaining: SHARE_RECORDS };
  readonly #env: Pick<Env, "monotonic">;
  #records = SHARE_RECORDS;
  #wasUsedUp = false;
  #begunAt = 0;

  constructor(env: Pick<Env, "monotonic">) {
    this.#env = env;
  }

  /** A call begins. @param records how many are handed over with it. */
  begin(records: number): void {
    this.slice.remaining = this.#records - records;
    this.#begunAt = this.#env.monotonic();
  }

  /** The call has ended. @returns how far it got, as given. */
  ended(progress: Progress): Progress {
    const isLong = this.#env.monotonic() - this.#begunAt > SHARE_MS;
    if (isLong) this.#records = Math.max(SHARE_RECORDS_MIN, this.#records >> 1);
    else if (this.#wasUsedUp) this.#records = Math.min(SHARE_RECORDS, this.#records * 2);
    this.#wasUsedUp = progress === AGAIN && !isLong;
    return progress;
  }
}
