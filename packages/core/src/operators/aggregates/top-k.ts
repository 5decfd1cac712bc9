import { ConfigurationError } from "../../errors.ts";
import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { numeric } from "./numbers.ts";

/** A record that {@link topK} keeps, with its rank. */
export type Ranked<T> = readonly [rank: number, value: T];

/** What has no place among the ranks would keep others from theirs. */
function usable(rank: number): number {
  if (Number.isNaN(rank)) throw new TypeError("Cannot rank by NaN: it is no number");
  return numeric(rank);
}

/**
 * The `k` records of the highest rank, from the highest on; of equal rank the earlier come first.
 *
 * @throws {ConfigurationError} OPTION_INVALID if `k` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { topK } from "@tidemark/core/aggregates";
 *
 * const dearest = topK(3, (sale: { price: number }) => sale.price);
 * ```
 */
export function topK<T>(k: number, rankOf: (value: T) => number): AggregateFunction<T, Ranked<T>[], readonly T[]> {
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot keep the top ${String(k)}: it must be a whole number of at least 1`,
    );
  }
  const put = (kept: Ranked<T>[], ranked: Ranked<T>): Ranked<T>[] => {
    let place = kept.length;
    while (place > 0 && (kept[place - 1] as Ranked<T>)[0] < ranked[0]) place--;
    if (place < k) kept.splice(place, 0, ranked);
    if (kept.length > k) kept.pop();
    return kept;
  };
  return {
    create: () => [],
    add: (kept, value) => put(kept, [usable(rankOf(value)), value]),
    result: (kept) => kept.map(([, value]) => value),
    merge: (into, from) => from.reduce(put, into),
  };
}
