import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countWindows } from "../../../src/operators/windows/count.ts";
import { countTrigger } from "../../../src/operators/windows/triggers/count-trigger.ts";
import { NO_TIMESTAMP } from "../../../src/time/timestamps.ts";
import { Harness, verifyOperator } from "../harness.ts";
import { batch, operatorOf, planOf } from "./windows.ts";

describe("count windows", () => {
  it("have a result for each so many records of a key, and none for what is left (WIN-02)", () => {
    const harness = new Harness(operatorOf(countWindows(2)));
    harness.batch(["a1", 5], ["b1", 1], ["a2", 3], ["a3", 7], ["b2", NO_TIMESTAMP]);
    assert.deepEqual(
      harness.outcome.main.map(([value, at]) => [(value as { value: string }).value, at]),
      [
        ["a1 a2", 3],
        ["b1 b2", NO_TIMESTAMP],
      ],
    );
    assert.equal(harness.save().entries.size, 2, "the accumulator and the count of a3");
  });

  it("slide: after each so many records, the last so many (WIN-03)", () => {
    const { main } = verifyOperator(operatorOf(countWindows(3, { slide: 2 })), [
      batch(["a1", 1], ["a2", 2], ["a3", 3], ["a4", 4], ["a5", 5], ["a6", 6]),
    ]);
    assert.deepEqual(
      main.map(([value]) => (value as { value: string }).value),
      ["a1 a2", "a2 a3 a4", "a4 a5 a6"],
    );
  });

  it("refuse what they are made of, and numbers that are none", () => {
    assert.throws(() => planOf(countWindows(2), { trigger: countTrigger(3) }), { code: "OPTION_INVALID" });
    for (const bad of [0, -1, 1.5, Number.NaN]) assert.throws(() => countWindows(bad), { code: "OPTION_INVALID" });
  });
});
