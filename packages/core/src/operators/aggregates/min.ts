import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { numeric, same } from "./numbers.ts";

/**
 * The least of a number taken from each record; `Infinity` if there is none.
 *
 * @example
 * ```ts
 * import { min } from "@tidemark/core/aggregates";
 *
 * const cheapest = min((sale: { price: number }) => sale.price);
 * ```
 */
export function min<T>(numberOf: (value: T) => number): AggregateFunction<T, number, number> {
  return {
    create: () => Infinity,
    add: (least, value) => Math.min(least, numeric(numberOf(value))),
    result: same,
    merge: (into, from) => Math.min(into, from),
    order: "any",
  };
}
