import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { first } from "../../../src/operators/aggregates/first.ts";
import { agrees, type Item } from "./agrees.ts";

describe("first", () => {
  it("gives what plain arrays give", () => agrees(first<Item>(), (all) => all[0]));

  it("takes a record for what it is, also one that is nothing", () => {
    const of = first<number | null | undefined>();
    let kept = of.create();
    for (const value of [null, 7, undefined]) kept = of.add(kept, value);
    assert.deepEqual([of.result(kept), kept.length], [null, 1]);
  });
});
