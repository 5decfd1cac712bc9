import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { eventTimeTrigger } from "../../../src/operators/windows/triggers/event-time-trigger.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { continuousTrigger } from "../../../src/operators/windows/triggers/continuous-trigger.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { planOf } from "./windows.ts";
import { processingTime } from "../../../src/operators/windows/processing-time.ts";

describe("plans of windows", () => {
  it("say what they are, and what may depend on timing", () => {
    const of = (...[assigner, changes]: Parameters<typeof planOf>) => {
      const { label, timing } = planOf(assigner, changes);
      return [label, timing];
    };
    assert.deepEqual(of(tumbling("1s")), ["window tumbling 1s", undefined]);
    assert.deepEqual(of(tumbling("1d", { offset: "6h" })), ["window tumbling 1d offset by 6h", undefined]);
    assert.deepEqual(of(sliding("1h", "5m", { offset: "90s" })), [
      "window sliding 1h every 5m offset by 90s, shared slices",
      undefined,
    ]);
    assert.deepEqual(of(tumbling("1s", { time: processingTime })), ["window tumbling 1s", "processing time"]);
    assert.deepEqual(of(session("1s"), { latenessMs: 5 }), [
      "window session 1s apart, up to 5ms late",
      "further results for late records",
    ]);
    assert.deepEqual(of(tumbling("1s"), { trigger: eventTimeTrigger({ early: continuousTrigger("10ms") }) }), [
      "window tumbling 1s, trigger event time with early continuous 10ms",
      "early results",
    ]);
    assert.deepEqual(of(tumbling("1s"), { trigger: eventTimeTrigger() }), [
      "window tumbling 1s, trigger event time",
      undefined,
    ]);
  });
});
