import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { variance } from "../../../src/operators/aggregates/variance.ts";
import { agrees, numberOf, numbers, squares } from "./agrees.ts";

describe("variance", () => {
  it("gives what plain arrays give", () => agrees(variance(numberOf), (all) => squares(numbers(all)) / all.length));

  it("gives that of a sample, if asked", () => {
    agrees(variance(numberOf, { sample: true }), (all) =>
      all.length < 2 ? Number.NaN : squares(numbers(all)) / (all.length - 1),
    );
  });

  it("keeps its digits where the mean is large", () => {
    const of = variance((n: number) => n);
    let kept = of.create();
    for (const n of [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]) kept = of.add(kept, n);
    assert.equal(of.result(kept), 22.5);
  });
});
