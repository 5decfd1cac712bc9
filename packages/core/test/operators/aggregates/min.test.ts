import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { min } from "../../../src/operators/aggregates/min.ts";
import { agrees, numberOf, numbers } from "./agrees.ts";

describe("min", () => {
  it("gives what plain arrays give", () => agrees(min(numberOf), (all) => Math.min(...numbers(all))));

  it("does not depend on the order of records, and says so", () => {
    assert.equal(min(numberOf).order, "any");
  });
});
