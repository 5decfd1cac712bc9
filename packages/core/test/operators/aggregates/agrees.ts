import assert from "node:assert/strict";
import fc from "fast-check";
import type { AggregateFunction } from "../../../src/state/aggregate-function.ts";
import { copyValue } from "../../../src/state/entry-codec.ts";
import { check } from "../../bytes/property.ts";

/** What the aggregates of these tests are made of. */
export interface Item {
  readonly id: number;
  readonly n: number;
}

/** The number of an item. */
export const numberOf = ({ n }: Item): number => n;

/** Those of all items. */
export const numbers = (all: readonly Item[]): number[] => all.map(numberOf);

/** The sum of numbers. */
export const total = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

/** The mean of numbers. */
export const average = (all: readonly number[]): number => total(all) / all.length;

/** The sum of the squares of what lies between numbers and their mean. */
export const squares = (all: readonly number[]): number => total(all.map((n) => (n - average(all)) ** 2));

const items = fc
  .array(fc.integer({ min: -50, max: 50 }), { maxLength: 30, size: "max" })
  .map((all) => all.map((n, id): Item => ({ id, n })));

/**
 * Holds an aggregate against plain arrays, and its `merge` against adding everything to one accumulator: however
 * accumulators are divided, stored and merged.
 */
export function agrees<A>(of: AggregateFunction<Item, A, unknown>, oracle: (all: readonly Item[]) => unknown): void {
  check(
    fc.property(items, fc.array(fc.nat(30), { maxLength: 4 }), (all, cuts) => {
      const places = [0, ...cuts.filter((cut) => cut <= all.length).toSorted((a, b) => a - b), all.length];
      const parts = places.slice(1).map((end, index) => all.slice(places[index], end));
      const folded = parts.map((part) => {
        let kept = of.create();
        for (const item of part) kept = of.add(kept, item);
        return copyValue(kept) as A;
      });
      const before = folded.map((kept) => copyValue(kept));
      let merged = of.create();
      for (const kept of folded) merged = of.merge?.(merged, kept) as A;
      near(of.result(merged), oracle(all));
      // Nothing of what was merged may be shared, or changed.
      for (const item of all) merged = of.add(merged, item);
      assert.deepEqual(folded, before);
    }),
  );
}

function near(actual: unknown, expected: unknown): void {
  if (typeof actual !== "number" || typeof expected !== "number" || Number.isNaN(expected)) {
    assert.deepEqual(actual, expected);
  } else {
    assert.ok(actual === expected || Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
  }
}
