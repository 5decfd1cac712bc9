import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { count } from "../../../src/operators/aggregates/count.ts";
import { agrees, type Item } from "./agrees.ts";

describe("count", () => {
  it("gives what plain arrays give", () => agrees(count<Item>(), (all) => all.length));

  it("does not depend on the order of records, and says so", () => {
    assert.equal(count().order, "any");
  });
});
