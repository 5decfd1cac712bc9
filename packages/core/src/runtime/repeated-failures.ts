import { isTidemarkError } from "../errors.ts";

/** How often a call of user code may throw for the same record, timer or window before no restart can help any more. */
const SAME_CALL_MAX = 10;

/** How many different calls are remembered: the latest. */
const CALLS_REMEMBERED = 16;

/** A call that has not thrown for so long is forgotten: what passes for the same record may be another one by now. */
const FORGOTTEN_AFTER_MS = 86_400_000;

interface Failed {
  times: number;
  last: number;
}

/**
 * Tells a record that cannot be handled from a fault that passes: some strategies would restart the job with it for ever.
 * Pure: it is told the time.
 */
export class RepeatedFailures {
  readonly #calls = new Map<string, Failed>();

  /** A failure at a moment of the monotonic clock. @returns whether it has come too often at one place. */
  isHopeless(error: unknown, at: number): boolean {
    const place = placeOf(error);
    if (place === undefined) return false;
    const before = this.#calls.get(place);
    this.#calls.delete(place);
    const times = before === undefined || at - before.last > FORGOTTEN_AFTER_MS ? 1 : before.times + 1;
    this.#calls.set(place, { times, last: at });
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > CALLS_REMEMBERED && oldest !== undefined) this.#calls.delete(oldest);
    return times >= SAME_CALL_MAX;
  }
}

/** Which call threw, and for what, where the error says so. */
function placeOf(error: unknown): string | undefined {
  if (!isTidemarkError(error) || error.code !== "USER_CODE") return undefined;
  const { operator, call, record, key, window, timestamp } = error.details;
  if (record === undefined && key === undefined) return undefined;
  return JSON.stringify([operator, call, record, key, window, timestamp]);
}
