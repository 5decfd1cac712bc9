/**
 * Aggregations ready to use.
 *
 * @example
 * ```ts
 * import { mean } from "@tidemark/core/aggregates";
 *
 * const meanDelay = mean((flight: { delay: number }) => flight.delay);
 * ```
 *
 * @module
 */
export { count, mean, type MeanAccumulator, sum } from "./operators/aggregates.ts";
