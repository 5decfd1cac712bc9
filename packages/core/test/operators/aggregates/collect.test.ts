import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { collect } from "../../../src/operators/aggregates/collect.ts";
import { agrees, type Item } from "./agrees.ts";

describe("collect", () => {
  it("gives what plain arrays give", () => agrees(collect<Item>(), (all) => all));

  it("does not give away what goes on to be changed", () => {
    const of = collect<number>();
    let kept = of.add(of.create(), 1);
    const given = of.result(kept);
    kept = of.add(kept, 2);
    assert.deepEqual([given, of.result(kept)], [[1], [1, 2]]);
  });
});
