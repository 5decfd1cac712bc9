import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { numeric } from "./numbers.ts";

/** What {@link variance} keeps. */
export interface VarianceAccumulator {
  /** How many records there were. */
  count: number;
  /** The mean of those so far. */
  mean: number;
  /** The sum of the squares of the differences from the mean. */
  squares: number;
}

/** Options of {@link variance}. */
export interface VarianceOptions {
  /** Whether the records are a sample, so that the divisor is one less than their number. Default: false. */
  readonly sample?: boolean;
}

/**
 * The variance of a number taken from each record; `NaN` if there are too few. (Welford's algorithm, and that of Chan, Golub
 * and LeVeque to merge: it does not lose digits where the mean is large.)
 *
 * @example
 * ```ts
 * import { variance } from "@tidemark/core/aggregates";
 *
 * const spread = variance((flight: { delay: number }) => flight.delay, { sample: true });
 * ```
 */
export function variance<T>(
  numberOf: (value: T) => number,
  options: VarianceOptions = {},
): AggregateFunction<T, VarianceAccumulator, number> {
  const less = options.sample === true ? 1 : 0;
  return {
    create: () => ({ count: 0, mean: 0, squares: 0 }),
    add: (accumulator, value) => {
      const number = numeric(numberOf(value));
      const before = number - accumulator.mean;
      accumulator.count++;
      accumulator.mean += before / accumulator.count;
      accumulator.squares += before * (number - accumulator.mean);
      return accumulator;
    },
    result: ({ count: records, squares }) => (records > less ? squares / (records - less) : Number.NaN),
    merge: (into, from) => {
      const both = into.count + from.count;
      if (from.count === 0) return into;
      const apart = from.mean - into.mean;
      into.squares += from.squares + (apart * apart * into.count * from.count) / both;
      into.mean += (apart * from.count) / both;
      into.count = both;
      return into;
    },
  };
}
