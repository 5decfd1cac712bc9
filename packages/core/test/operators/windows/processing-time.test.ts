import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { global } from "../../../src/operators/windows/global.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { continuousProcessingTrigger } from "../../../src/operators/windows/triggers/continuous-processing-trigger.ts";
import { processingTimeTrigger } from "../../../src/operators/windows/triggers/processing-time-trigger.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { type Call, Harness, verifyOperator } from "../harness.ts";
import { batch, end, operatorOf, shown } from "./windows.ts";
import { processingTime } from "../../../src/operators/windows/processing-time.ts";

const tick = (now: number): Call => ({ kind: "tick", now });

describe("windows of processing time", () => {
  it("hold what comes while they last, whatever its time, and end by the clock (WIN-01)", () => {
    let now = 1000;
    const calls: readonly Call[] = [batch(["a1", 7_000_000], ["a2", -5]), tick(1009)];
    for (const assigner of [
      tumbling("10ms", { time: processingTime }),
      sliding("10ms", "10ms", { time: processingTime }),
    ]) {
      const { main } = verifyOperator(operatorOf(assigner), calls, { now: () => now });
      assert.deepEqual(shown(main), ["a 1000..1010 @1009: a1 a2"]);
    }
    const sessions = new Harness(operatorOf(session("10ms", { time: processingTime })), { now: () => now });
    sessions.batch(["a1", 0]);
    now = 1009;
    sessions.batch(["a2", 0]);
    sessions.tick(1010);
    assert.deepEqual(sessions.values, []);
    sessions.tick(1019);
    assert.deepEqual(shown(sessions.outcome.main), ["a 1000..1019 @1019: a1 a2"]);
    assert.equal(sessions.save().entries.size, 0);
  });

  it("end with all input: what is open then is not lost", () => {
    const { main } = verifyOperator(
      operatorOf(tumbling("10ms", { time: processingTime })),
      [batch(["a1", 0], ["b1", 0]), end],
      { now: () => 1000, reorders: true },
    );
    assert.deepEqual(shown(main), ["a 1000..1010 @1009: a1", "b 1000..1010 @1009: b1"]);
    const preview = operatorOf(global(), { trigger: continuousProcessingTrigger("10ms") });
    assert.equal(verifyOperator(preview, [batch(["a1", 0]), end], { now: () => 1000 }).main.length, 1, "and they end");
  });

  it("can end windows of event time", () => {
    const harness = new Harness(operatorOf(tumbling("10ms"), { trigger: processingTimeTrigger() }), { now: () => 0 });
    harness.batch(["a1", 1]);
    harness.tick(9);
    assert.deepEqual(shown(harness.outcome.main), ["a 0..10 @9: a1"]);
  });
});
