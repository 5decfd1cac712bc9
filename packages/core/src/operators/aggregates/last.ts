import type { AggregateFunction } from "../../state/aggregate-function.ts";

/**
 * The record that came last; `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { last } from "@tidemark/core/aggregates";
 *
 * const closing = last<{ price: number }>();
 * ```
 */
export function last<T>(): AggregateFunction<T, T[], T | undefined> {
  const keep = (kept: T[], value: T): T[] => {
    kept[0] = value;
    return kept;
  };
  return {
    create: () => [],
    add: keep,
    result: ([value]) => value,
    merge: (into, from) => from.reduce(keep, into),
  };
}
