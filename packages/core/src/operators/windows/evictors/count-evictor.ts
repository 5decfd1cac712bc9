import { positiveCount } from "../options.ts";
import type { Evictor } from "./custom-evictor.ts";
import { type EvictorOptions, placedEvictor } from "./placed-evictor.ts";

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
  return placedEvictor(`count ${count}`, options, (records) => records.slice(-count));
}
