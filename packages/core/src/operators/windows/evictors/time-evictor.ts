import { shownDuration } from "../../../duration.ts";
import type { Duration } from "../../../time/duration.ts";
import { positiveMs } from "../options.ts";
import type { Evictor } from "./custom-evictor.ts";
import { type EvictorOptions, placedEvictor } from "./placed-evictor.ts";

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
  return placedEvictor(`time ${shownDuration(spanMs)}`, options, (records) => {
    const newest = records.reduce((latest, { timestamp }) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY);
    return records.filter(({ timestamp }) => timestamp > newest - spanMs);
  });
}
