import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { numeric } from "./numbers.ts";

/** What {@link mean} keeps. */
export interface MeanAccumulator {
  /** The sum of those so far. */
  sum: number;
  /** How many records there were. */
  count: number;
}

/**
 * The arithmetic mean of a number taken from each record; `NaN` if there is none.
 *
 * @example
 * ```ts
 * import { mean } from "@tidemark/core/aggregates";
 *
 * const meanDelay = mean((flight: { delay: number }) => flight.delay);
 * ```
 */
export function mean<T>(numberOf: (value: T) => number): AggregateFunction<T, MeanAccumulator, number> {
  return {
    create: () => ({ sum: 0, count: 0 }),
    add: (accumulator, value) => {
      accumulator.sum += numeric(numberOf(value));
      accumulator.count++;
      return accumulator;
    },
    result: ({ sum: total, count: records }) => total / records,
    merge: (into, from) => {
      into.sum += from.sum;
      into.count += from.count;
      return into;
    },
  };
}
