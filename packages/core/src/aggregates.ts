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
export { collect } from "./operators/aggregates/collect.ts";
export {
  type AccumulatorsOf,
  type Aggregates,
  combine,
  type RecordsOf,
  type ResultsOf,
} from "./operators/aggregates/combine.ts";
export { count } from "./operators/aggregates/count.ts";
export { first } from "./operators/aggregates/first.ts";
export { last } from "./operators/aggregates/last.ts";
export { max } from "./operators/aggregates/max.ts";
export { mean, type MeanAccumulator } from "./operators/aggregates/mean.ts";
export { min } from "./operators/aggregates/min.ts";
export { sum } from "./operators/aggregates/sum.ts";
export { type Ranked, topK } from "./operators/aggregates/top-k.ts";
export { variance, type VarianceAccumulator, type VarianceOptions } from "./operators/aggregates/variance.ts";
export type { AggregateFunction } from "./state/aggregate-function.ts";
