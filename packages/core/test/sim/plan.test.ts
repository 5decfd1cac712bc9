import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlan, parsePlan, type FaultPlan } from "../../src/testing/sim/plan.ts";

test("formatPlan and parsePlan are inverse", () => {
  const plan: FaultPlan = [
    { at: 41, form: "torn0", power: true, inFlight: "lost" },
    { at: 3, form: "after", power: false, inFlight: "late" },
    { at: 0, form: "unanswered", power: false, inFlight: "lost" },
    { at: 7, form: "before", power: false, inFlight: "lost", damage: "flip" },
  ];
  assert.equal(formatPlan(plan), "41:torn0:power,3:after:late,0:unanswered,7:before:flip");
  assert.deepEqual(parsePlan(formatPlan(plan)), plan);
  assert.deepEqual(parsePlan(formatPlan([])), []);
});

test("parsePlan refuses what is no plan", () => {
  for (const text of ["", "before", "x:before", "3:sideways", "3:before:gently"]) {
    assert.throws(() => parsePlan(text), RangeError, text);
  }
});
