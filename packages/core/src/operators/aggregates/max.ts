import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { numeric, same } from "./numbers.ts";

/**
 * The greatest of a number taken from each record; `-Infinity` if there is none.
 *
 * @example
 * ```ts
 * import { max } from "@tidemark/core/aggregates";
 *
 * const dearest = max((sale: { price: number }) => sale.price);
 * ```
 */
export function max<T>(numberOf: (value: T) => number): AggregateFunction<T, number, number> {
  return {
    create: () => -Infinity,
    add: (most, value) => Math.max(most, numeric(numberOf(value))),
    result: same,
    merge: (into, from) => Math.max(into, from),
    order: "any",
  };
}
