import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { last } from "../../../src/operators/aggregates/last.ts";
import { agrees, type Item } from "./agrees.ts";

describe("last", () => {
  it("gives what plain arrays give", () => agrees(last<Item>(), (all) => all.at(-1)));

  it("takes a record for what it is, also one that is nothing", () => {
    const of = last<number | null | undefined>();
    let kept = of.create();
    for (const value of [null, 7, undefined]) kept = of.add(kept, value);
    assert.deepEqual([of.result(kept), kept.length], [undefined, 1]);
  });
});
