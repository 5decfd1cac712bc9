import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { session } from "../../../../src/operators/windows/session.ts";
import type { TriggerRules } from "../../../../src/operators/windows/triggers/trigger.ts";
import { continuousProcessingTrigger } from "../../../../src/operators/windows/triggers/continuous-processing-trigger.ts";
import { purgingTrigger } from "../../../../src/operators/windows/triggers/purging-trigger.ts";
import { Harness } from "../../harness.ts";
import { operatorOf, shown } from "../windows.ts";

describe("continuousProcessingTrigger", () => {
  /** Two sessions, the later one of which is due already when a record makes them one. */
  function merged(trigger: TriggerRules<string, number | undefined>): Harness {
    const clock = { now: 993 };
    const harness = new Harness(operatorOf(session("20ms"), { trigger }), { now: () => clock.now });
    harness.batch(["a2", 35]);
    clock.now = 1005;
    harness.batch(["a1", 3]);
    clock.now = 1006;
    harness.batch(["a3", 20]);
    harness.tick(1006);
    clock.now = 1011;
    harness.batch(["a4", 21]);
    harness.tick(1011);
    return harness;
  }

  it("fires at the earliest of the times that sessions had before they became one", () => {
    assert.deepEqual(shown(merged(continuousProcessingTrigger("10ms")).outcome.main), [
      "a 3..55 @55: a1 a2 a3",
      "a 3..55 @55: a1 a2 a3 a4",
    ]);
  });

  it("makes each result anew where it purges", () => {
    assert.deepEqual(shown(merged(purgingTrigger(continuousProcessingTrigger("10ms"))).outcome.main), [
      "a 3..55 @55: a1 a2 a3",
      "a 3..55 @55: a4",
    ]);
  });
});
