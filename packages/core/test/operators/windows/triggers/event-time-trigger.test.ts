import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { eventTimeTrigger } from "../../../../src/operators/windows/triggers/event-time-trigger.ts";
import { session } from "../../../../src/operators/windows/session.ts";
import type { TriggerRules } from "../../../../src/operators/windows/triggers/trigger.ts";
import { continuousProcessingTrigger } from "../../../../src/operators/windows/triggers/continuous-processing-trigger.ts";
import { countTrigger } from "../../../../src/operators/windows/triggers/count-trigger.ts";
import { purgingTrigger } from "../../../../src/operators/windows/triggers/purging-trigger.ts";
import { tumbling } from "../../../../src/operators/windows/tumbling.ts";
import { Harness, verifyOperator } from "../../harness.ts";
import { batch, end, operatorOf, planOf, shown, watermark } from "../windows.ts";

describe("eventTimeTrigger", () => {
  it("fires early and late, and purges where they say so (WIN-02)", () => {
    const calls = [batch(["a1", 1], ["a2", 2], ["a3", 3]), watermark(9), batch(["a4", 4], ["a5", 5], ["a6", 6]), end];
    const run = (trigger: TriggerRules<string>): readonly string[] =>
      verifyOperator(operatorOf(tumbling("10ms"), { trigger, latenessMs: 50 }), calls).main.map(
        ([value]) => (value as { value: string }).value,
      );
    assert.deepEqual(run(eventTimeTrigger()), ["a1 a2 a3", "a1 a2 a3 a4", "a1 a2 a3 a4 a5", "a1 a2 a3 a4 a5 a6"]);
    assert.deepEqual(run(eventTimeTrigger({ early: countTrigger(2), late: countTrigger(2) })), [
      "a1 a2",
      "a1 a2 a3",
      "a1 a2 a3 a4 a5",
    ]);
    const purging = eventTimeTrigger({ early: purgingTrigger(countTrigger(2)), late: purgingTrigger(countTrigger(2)) });
    assert.deepEqual(run(purging), ["a1 a2", "a3", "a3 a4 a5"]);
  });

  it("merges what both keep, in sessions", () => {
    const trigger = eventTimeTrigger({ early: countTrigger(3) });
    const { main } = verifyOperator(operatorOf(session("5ms"), { trigger }), [
      batch(["a1", 0], ["a2", 8], ["a3", 4]),
      end,
    ]);
    assert.deepEqual(shown(main), ["a 0..13 @13: a1 a2 a3", "a 0..13 @13: a1 a2 a3"]);
    const { onMerge: _onMerge, ...fixed } = countTrigger(2);
    assert.throws(() => planOf(session("1s"), { trigger: eventTimeTrigger({ early: fixed }) }), {
      code: "OPTION_INVALID",
    });
  });

  it("counts late records of sessions that become one together", () => {
    const trigger = eventTimeTrigger({ late: countTrigger(3) });
    const { main } = verifyOperator(operatorOf(session("5ms"), { trigger, latenessMs: 50 }), [
      batch(["a1", 0], ["a2", 8]),
      watermark(13),
      batch(["a3", 0], ["a4", 8]),
      batch(["a5", 5]),
      end,
    ]);
    assert.deepEqual(shown(main), ["a 0..5 @5: a1", "a 8..13 @13: a2", "a 0..13 @13: a1 a3 a2 a4 a5"]);
  });

  it("gives no preview of what is complete, however long late records are waited for", () => {
    const trigger = eventTimeTrigger({ early: continuousProcessingTrigger("10ms") });
    const harness = new Harness(operatorOf(tumbling("100ms"), { trigger, latenessMs: 500 }), { now: () => 1000 });
    harness.batch(["a1", 3]);
    harness.watermark(99);
    harness.tick(1010);
    assert.deepEqual(shown(harness.outcome.main), ["a 0..100 @99: a1"]);
    harness.batch(["a2", 4]);
    harness.tick(1020);
    assert.deepEqual(shown(harness.outcome.main), ["a 0..100 @99: a1", "a 0..100 @99: a1 a2"]);
  });

  it("gives a preview by the clock: overdue timers fire once at a restart (TMR-03, COR-10)", () => {
    let now = 1000;
    const trigger = eventTimeTrigger({ early: continuousProcessingTrigger("10ms") });
    const harness = new Harness(operatorOf(tumbling("100ms"), { trigger }), { now: () => now });
    harness.batch(["a1", 3]);
    assert.equal(harness.operator.nextTick?.(), 1010);
    harness.tick(1010);
    assert.equal(harness.values.length, 1);
    now = 5003;
    const again = harness.restored();
    assert.equal(again.operator.nextTick?.(), 1020, "long overdue");
    again.tick(5003);
    assert.equal(again.values.length, 1, "once, however long it was");
    assert.equal(again.operator.nextTick?.(), 5010);
    again.watermark(99);
    assert.equal(again.values.length, 2);
    again.tick(9999);
    assert.equal(again.values.length, 2, "the timer goes with the window");
    assert.equal(again.save().entries.size, 0);
  });
});
