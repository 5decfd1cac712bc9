import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sum } from "../../../src/operators/aggregates/sum.ts";
import { agrees, numberOf, numbers, total } from "./agrees.ts";

describe("sum", () => {
  it("gives what plain arrays give", () => agrees(sum(numberOf), (all) => total(numbers(all))));

  it("refuses what is no number, also where the type says so: text would be put behind text", () => {
    const of = sum(() => "12" as never);
    assert.throws(() => of.add(0, {}), { name: "TypeError", message: 'Cannot aggregate "12": it is no number' });
  });
});
