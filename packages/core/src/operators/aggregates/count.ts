import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { plus, same } from "./numbers.ts";

/**
 * How many records there are.
 *
 * @example
 * ```ts
 * import { count } from "@tidemark/core/aggregates";
 *
 * const visits = count();
 * ```
 */
export function count<T>(): AggregateFunction<T, number, number> {
  return { create: () => 0, add: (records) => records + 1, result: same, merge: plus, order: "any" };
}
