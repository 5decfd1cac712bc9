import type { Evictor } from "./custom-evictor.ts";
import { type EvictorOptions, placedEvictor } from "./placed-evictor.ts";

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
  return placedEvictor(`delta ${threshold}`, options, (records) => {
    const last = records.at(-1);
    return last === undefined ? [] : records.filter(({ value }) => delta(value, last.value) < threshold);
  });
}
