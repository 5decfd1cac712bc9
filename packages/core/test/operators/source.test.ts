import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DONE, FULL } from "../../src/operators/progress.ts";
import { RECORDS_INPUT, REJECTED_INPUT, sourceOperator } from "../../src/operators/source.ts";
import { batchOf, Harness } from "./harness.ts";

describe("sourceOperator", () => {
  it("hands records on, and rejected ones to their side output", () => {
    const harness = new Harness((context) => sourceOperator("s", "rejected", context));
    assert.equal(harness.operator.batch(RECORDS_INPUT, batchOf([["a", 1]])), DONE);
    assert.equal(harness.operator.batch(REJECTED_INPUT, batchOf([["bad", 2]])), DONE);
    assert.deepEqual(harness.outcome, {
      main: [["a", 1]],
      sides: { rejected: [["bad", 2]] },
      droppedLate: 0,
      behind: [],
    });
  });

  it("says when an output is full", () => {
    const harness = new Harness((context) => sourceOperator("s", undefined, context), { full: true });
    assert.equal(harness.operator.batch(RECORDS_INPUT, batchOf([["a", 1]])), FULL);
    assert.equal(harness.resume(), DONE);
  });

  it("drops rejected records that nobody takes", () => {
    const harness = new Harness((context) => sourceOperator("s", undefined, context));
    assert.equal(harness.operator.batch(REJECTED_INPUT, batchOf([["bad", 2]])), DONE);
    assert.equal(harness.batches, 0);
  });
});
