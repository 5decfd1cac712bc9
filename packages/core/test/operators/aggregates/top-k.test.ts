import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { topK } from "../../../src/operators/aggregates/top-k.ts";
import { agrees, numberOf } from "./agrees.ts";

describe("topK", () => {
  it("gives what plain arrays give", () => {
    agrees(topK(3, numberOf), (all) => all.toSorted((a, b) => b.n - a.n || a.id - b.id).slice(0, 3));
  });

  it("refuses a number that is none", () => {
    for (const bad of [0, 1.5, Number.NaN]) assert.throws(() => topK(bad, () => 0), { code: "OPTION_INVALID" });
  });
});
