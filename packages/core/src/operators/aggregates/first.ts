import type { AggregateFunction } from "../../state/aggregate-function.ts";

/**
 * The record that came first; `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { first } from "@tidemark/core/aggregates";
 *
 * const opening = first<{ price: number }>();
 * ```
 */
export function first<T>(): AggregateFunction<T, T[], T | undefined> {
  const keep = (kept: T[], value: T): T[] => {
    if (kept.length === 0) kept.push(value);
    return kept;
  };
  return {
    create: () => [],
    add: keep,
    result: ([value]) => value,
    merge: (into, from) => from.reduce(keep, into),
  };
}
