import type { AggregateFunction } from "../state/aggregate-function.ts";

/** How many records there are. */
export function count<T>(): AggregateFunction<T, number, number> {
  return { create: () => 0, add: (records) => records + 1, result: (records) => records };
}

/** The sum of a number taken from each record. */
export function sum<T>(numberOf: (value: T) => number): AggregateFunction<T, number, number> {
  return { create: () => 0, add: (total, value) => total + numberOf(value), result: (total) => total };
}

/** What {@link mean} keeps. */
export interface MeanAccumulator {
  sum: number;
  count: number;
}

/** The arithmetic mean of a number taken from each record. */
export function mean<T>(numberOf: (value: T) => number): AggregateFunction<T, MeanAccumulator, number> {
  return {
    create: () => ({ sum: 0, count: 0 }),
    add: (accumulator, value) => {
      accumulator.sum += numberOf(value);
      accumulator.count++;
      return accumulator;
    },
    result: ({ sum: total, count: records }) => total / records,
  };
}
