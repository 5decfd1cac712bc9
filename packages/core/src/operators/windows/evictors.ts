import { shownDuration } from "../../duration.ts";
import type { Duration } from "../../time/duration.ts";
import { customEvictor, type Evictor } from "./custom-evictor.ts";
import type { WindowRecord } from "./evictor.ts";
import { positiveCount, positiveMs } from "./options.ts";

/** Options of evictors. */
export interface EvictorOptions {
  /** Whether records are removed after the result was made, so that it still contains them. Default: false, before. */
  readonly after?: boolean;
}

function evictor<T>(
  name: string,
  options: EvictorOptions,
  keep: (records: readonly WindowRecord<T>[]) => readonly WindowRecord<T>[],
): Evictor<T> {
  return customEvictor(
    options.after === true ? { name: `${name} afterwards`, evictAfter: keep } : { name, evictBefore: keep },
  );
}

/**
 * Keeps the last `count` records, in the order in which they came.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { countEvictor } from "@tidemark/core/windows";
 *
 * const lastTen = { evictor: countEvictor(10) };
 * ```
 */
export function countEvictor<T>(count: number, options: EvictorOptions = {}): Evictor<T> {
  positiveCount(count, "an evictor's count");
  return evictor(`count ${count}`, options, (records) => records.slice(-count));
}

/**
 * Keeps the records that are no older than `span` before the newest by their timestamps: what lies exactly `span` before it
 * goes.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is not a positive duration.
 *
 * @example
 * ```ts
 * import { timeEvictor } from "@tidemark/core/windows";
 *
 * const lastMinute = { evictor: timeEvictor("1m") };
 * ```
 */
export function timeEvictor<T>(span: Duration, options: EvictorOptions = {}): Evictor<T> {
  const spanMs = positiveMs(span, "evictor's span");
  return evictor(`time ${shownDuration(spanMs)}`, options, (records) => {
    const newest = records.reduce((latest, { timestamp }) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY);
    return records.filter(({ timestamp }) => timestamp > newest - spanMs);
  });
}

/**
 * Keeps the records that differ from the last one by less than `threshold`.
 *
 * @param delta how far a record is from the last one.
 *
 * @example
 * ```ts
 * import { deltaEvictor } from "@tidemark/core/windows";
 *
 * const near = { evictor: deltaEvictor(5, (one: { km: number }, last) => Math.abs(last.km - one.km)) };
 * ```
 */
export function deltaEvictor<T>(
  threshold: number,
  delta: (value: T, last: T) => number,
  options: EvictorOptions = {},
): Evictor<T> {
  return evictor(`delta ${threshold}`, options, (records) => {
    const last = records.at(-1);
    return last === undefined ? [] : records.filter(({ value }) => delta(value, last.value) < threshold);
  });
}
