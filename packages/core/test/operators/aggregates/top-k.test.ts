import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { topK } from "../../../src/operators/aggregates/top-k.ts";
import { agrees, numberOf } from "./agrees.ts";

describe("topK", () => {
  it("gives what plain arrays give", () => {
    agrees(topK(3, numberOf), (all) => all.toSorted((a, b) => b.n - a.n || a.id - b.id).slice(0, 3));
  });

  it("refuses records whose rank is no number: text would be in the order of its letters, NaN in none", () => {
    for (const rank of ["10", Number.NaN, undefined]) {
      const { create, add } = topK(2, () => rank as number);
      assert.throws(() => add(create(), "a"), /Cannot (aggregate|rank by) ("10"|NaN|undefined): it is no number/);
    }
  });

  it("refuses a number that is none", () => {
    for (const bad of [0, 1.5, Number.NaN]) assert.throws(() => topK(bad, () => 0), { code: "OPTION_INVALID" });
  });
});
