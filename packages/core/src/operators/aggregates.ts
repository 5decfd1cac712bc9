import { ConfigurationError } from "../errors.ts";
import { shown } from "../shown.ts";
import type { AggregateFunction } from "../state/aggregate-function.ts";

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

/** What {@link mean} keeps. */
export interface MeanAccumulator {
  /** The sum of those so far. */
  sum: number;
  /** How many records there were. */
  count: number;
}

/**
 * The arithmetic mean of a number taken from each record; `NaN` if there is none.
 *
 * @example
 * ```ts
 * import { mean } from "@tidemark/core/aggregates";
 *
 * const meanDelay = mean((flight: { delay: number }) => flight.delay);
 * ```
 */
export function mean<T>(numberOf: (value: T) => number): AggregateFunction<T, MeanAccumulator, number> {
  return {
    create: () => ({ sum: 0, count: 0 }),
    add: (accumulator, value) => {
      accumulator.sum += numeric(numberOf(value));
      accumulator.count++;
      return accumulator;
    },
    result: ({ sum: total, count: records }) => total / records,
    merge: (into, from) => {
      into.sum += from.sum;
      into.count += from.count;
      return into;
    },
  };
}

/** What {@link variance} keeps. */
export interface VarianceAccumulator {
  /** How many records there were. */
  count: number;
  /** The mean of those so far. */
  mean: number;
  /** The sum of the squares of the differences from the mean. */
  squares: number;
}

/** Options of {@link variance}. */
export interface VarianceOptions {
  /** Whether the records are a sample, so that the divisor is one less than their number. Default: false. */
  readonly sample?: boolean;
}

/**
 * The variance of a number taken from each record; `NaN` if there are too few. (Welford's algorithm, and that of Chan, Golub
 * and LeVeque to merge: it does not lose digits where the mean is large.)
 *
 * @example
 * ```ts
 * import { variance } from "@tidemark/core/aggregates";
 *
 * const spread = variance((flight: { delay: number }) => flight.delay, { sample: true });
 * ```
 */
export function variance<T>(
  numberOf: (value: T) => number,
  options: VarianceOptions = {},
): AggregateFunction<T, VarianceAccumulator, number> {
  const less = options.sample === true ? 1 : 0;
  return {
    create: () => ({ count: 0, mean: 0, squares: 0 }),
    add: (accumulator, value) => {
      const number = numeric(numberOf(value));
      const before = number - accumulator.mean;
      accumulator.count++;
      accumulator.mean += before / accumulator.count;
      accumulator.squares += before * (number - accumulator.mean);
      return accumulator;
    },
    result: ({ count: records, squares }) => (records > less ? squares / (records - less) : Number.NaN),
    merge: (into, from) => {
      const both = into.count + from.count;
      if (from.count === 0) return into;
      const apart = from.mean - into.mean;
      into.squares += from.squares + (apart * apart * into.count * from.count) / both;
      into.mean += (apart * from.count) / both;
      into.count = both;
      return into;
    },
  };
}

/** A record that {@link topK} keeps, with its rank. */
export type Ranked<T> = readonly [rank: number, value: T];

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
    add: (kept, value) => put(kept, [rankOf(value), value]),
    result: (kept) => kept.map(([, value]) => value),
    merge: (into, from) => from.reduce(put, into),
  };
}

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

function same(accumulator: number): number {
  return accumulator;
}

function plus(into: number, from: number): number {
  return into + from;
}

/** What a record says is no more than its type promises: text that looks like a number would be put behind another. */
function numeric(value: number): number {
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot aggregate ${shown(value)}: it is no number`);
}
