/**
 * Aggregations ready to use. All of them can merge.
 *
 * @example
 * ```ts
 * import { combine, count, mean } from "@tidemark/core/aggregates";
 *
 * const delays = combine({ flights: count(), mean: mean((flight: { delay: number }) => flight.delay) });
 * ```
 *
 * @module
 */
export {
  collect,
  count,
  first,
  last,
  max,
  mean,
  type MeanAccumulator,
  min,
  type Ranked,
  sum,
  topK,
  variance,
  type VarianceAccumulator,
  type VarianceOptions,
} from "./operators/aggregates.ts";
export { type AccumulatorsOf, type Aggregates, combine, type RecordsOf, type ResultsOf } from "./operators/combine.ts";
export type { AggregateFunction } from "./state/aggregate-function.ts";
