/** Every aggregation against plain arrays, and its `merge` against adding everything to one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { collect, combine, count, first, last, max, mean, min, sum, topK, variance } from "../../src/aggregates.ts";
import type { AggregateFunction } from "../../src/state/aggregate-function.ts";
import { copyValue } from "../../src/state/entry-codec.ts";
import { check } from "../bytes/property.ts";

interface Item {
  readonly id: number;
  readonly n: number;
}

// oxlint-disable-next-line typescript/no-explicit-any -- each keeps something else
type AnyOf = AggregateFunction<Item, any, unknown>;
type Case = readonly [name: string, aggregate: AnyOf, oracle: (all: readonly Item[]) => unknown];

const numbers = (all: readonly Item[]): number[] => all.map(({ n }) => n);
const total = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);
const average = (all: readonly number[]): number => total(all) / all.length;
const squares = (all: readonly number[]): number => total(all.map((n) => (n - average(all)) ** 2));
const top = (all: readonly Item[]): readonly Item[] => all.toSorted((a, b) => b.n - a.n || a.id - b.id).slice(0, 3);
const numberOf = ({ n }: Item): number => n;

const cases: readonly Case[] = [
  ["count", count(), (all) => all.length],
  ["sum", sum(numberOf), (all) => total(numbers(all))],
  ["min", min(numberOf), (all) => Math.min(...numbers(all))],
  ["max", max(numberOf), (all) => Math.max(...numbers(all))],
  ["mean", mean(numberOf), (all) => average(numbers(all))],
  ["variance", variance(numberOf), (all) => squares(numbers(all)) / all.length],
  [
    "variance of a sample",
    variance(numberOf, { sample: true }),
    (all) => (all.length < 2 ? Number.NaN : squares(numbers(all)) / (all.length - 1)),
  ],
  ["topK", topK(3, numberOf), top],
  ["collect", collect<Item>(), (all) => all],
  ["first", first<Item>(), (all) => all[0]],
  ["last", last<Item>(), (all) => all.at(-1)],
  [
    "combine",
    combine({ n: count<Item>(), items: collect<Item>(), total: sum(numberOf) }),
    (all) => ({ n: all.length, items: all, total: total(numbers(all)) }),
  ],
];

const items = fc
  .array(fc.integer({ min: -50, max: 50 }), { maxLength: 30, size: "max" })
  .map((all) => all.map((n, id): Item => ({ id, n })));

function near(actual: unknown, expected: unknown): void {
  if (typeof actual !== "number" || typeof expected !== "number" || Number.isNaN(expected)) {
    assert.deepEqual(actual, expected);
  } else {
    assert.ok(actual === expected || Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
  }
}

describe("aggregations", () => {
  for (const [name, aggregate, oracle] of cases) {
    it(`${name}: gives what plain arrays give, however its accumulators are divided, stored and merged`, () => {
      const of: AggregateFunction<Item, unknown, unknown> = aggregate;
      check(
        fc.property(items, fc.array(fc.nat(30), { maxLength: 4 }), (all, cuts) => {
          const places = [0, ...cuts.filter((cut) => cut <= all.length).toSorted((a, b) => a - b), all.length];
          const parts = places.slice(1).map((end, index) => all.slice(places[index], end));
          const folded = parts.map((part) => {
            let kept = of.create();
            for (const item of part) kept = of.add(kept, item);
            return copyValue(kept);
          });
          const before = folded.map((kept) => copyValue(kept));
          let merged = of.create();
          for (const kept of folded) merged = of.merge?.(merged, kept);
          near(of.result(merged), oracle(all));
          // Nothing of what was merged may be shared, or changed.
          for (const item of all) merged = of.add(merged, item);
          assert.deepEqual(folded, before);
        }),
      );
    });
  }

  it("do not give away what goes on to be changed", () => {
    const all = combine({ items: collect<number>() });
    let kept = all.add(all.create(), 1);
    const { items: given } = all.result(kept);
    kept = all.add(kept, 2);
    assert.deepEqual([given, all.result(kept).items], [[1], [1, 2]]);
  });

  it("variance keeps its digits where the mean is large", () => {
    const of = variance((n: number) => n);
    let kept = of.create();
    for (const n of [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]) kept = of.add(kept, n);
    assert.equal(of.result(kept), 22.5);
  });

  it("first and last take a record for what it is, also one that is nothing", () => {
    const taken = (of: AggregateFunction<number | null | undefined, unknown[], unknown>): unknown =>
      of.result([null, 7, undefined].reduce<unknown[]>((kept, value) => of.add(kept as never[], value), of.create()));
    assert.deepEqual([taken(first() as never), taken(last() as never)], [null, undefined]);
  });

  it("combine can merge if all its parts can", () => {
    const { merge: _merge, ...unmergeable } = count<number>();
    assert.equal(combine({ a: count<number>(), b: unmergeable }).merge, undefined);
    assert.notEqual(combine({ a: count<number>(), b: count<number>() }).merge, undefined);
  });

  it("topK refuses a number that is none", () => {
    for (const bad of [0, 1.5, Number.NaN]) assert.throws(() => topK(bad, () => 0), { code: "OPTION_INVALID" });
  });
});
