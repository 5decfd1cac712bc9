import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { numeric, plus, same } from "./numbers.ts";

/**
 * The sum of a number taken from each record.
 *
 * @example
 * ```ts
 * import { sum } from "@tidemark/core/aggregates";
 *
 * const revenue = sum((sale: { price: number }) => sale.price);
 * ```
 */
export function sum<T>(numberOf: (value: T) => number): AggregateFunction<T, number, number> {
  return { create: () => 0, add: (total, value) => total + numeric(numberOf(value)), result: same, merge: plus };
}
