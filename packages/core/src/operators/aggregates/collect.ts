import type { AggregateFunction } from "../../state/aggregate-function.ts";

/**
 * All records, in the order in which they came. What it keeps grows with them.
 *
 * @example
 * ```ts
 * import { collect } from "@tidemark/core/aggregates";
 *
 * const all = collect<{ price: number }>();
 * ```
 */
export function collect<T>(): AggregateFunction<T, T[], readonly T[]> {
  return {
    create: () => [],
    add: (all, value) => {
      all.push(value);
      return all;
    },
    result: (all) => [...all],
    merge: (into, from) => {
      for (const value of from) into.push(value);
      return into;
    },
  };
}
