import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { max } from "../../../src/operators/aggregates/max.ts";
import { agrees, numberOf, numbers } from "./agrees.ts";

describe("max", () => {
  it("gives what plain arrays give", () => agrees(max(numberOf), (all) => Math.max(...numbers(all))));

  it("does not depend on the order of records, and says so", () => {
    assert.equal(max(numberOf).order, "any");
  });
});
