import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { collect } from "../../../src/operators/aggregates/collect.ts";
import { combine } from "../../../src/operators/aggregates/combine.ts";
import { count } from "../../../src/operators/aggregates/count.ts";
import { max } from "../../../src/operators/aggregates/max.ts";
import { sum } from "../../../src/operators/aggregates/sum.ts";
import { agrees, type Item, numberOf, numbers, total } from "./agrees.ts";

describe("combine", () => {
  it("gives what plain arrays give", () => {
    agrees(combine({ n: count<Item>(), items: collect<Item>(), total: sum(numberOf) }), (all) => ({
      n: all.length,
      items: all,
      total: total(numbers(all)),
    }));
  });

  it("does not give away what goes on to be changed", () => {
    const of = combine({ items: collect<number>() });
    let kept = of.add(of.create(), 1);
    const { items: given } = of.result(kept);
    kept = of.add(kept, 2);
    assert.deepEqual([given, of.result(kept).items], [[1], [1, 2]]);
  });

  it("can merge if all its parts can", () => {
    const { merge: _merge, ...unmergeable } = count<number>();
    assert.equal(combine({ a: count<number>(), b: unmergeable }).merge, undefined);
    assert.notEqual(combine({ a: count<number>(), b: count<number>() }).merge, undefined);
  });

  it("does not depend on the order of records if no part does", () => {
    assert.equal(combine({ n: count<Item>(), most: max(numberOf) }).order, "any");
    assert.equal(combine({ n: count<Item>(), total: sum(numberOf) }).order, undefined);
  });

  it("refuses a part that is none (OPTION_INVALID)", () => {
    assert.throws(() => combine({ n: count(), bad: 5 as never }), { message: /^Cannot use create of "bad" undefined/ });
  });
});
