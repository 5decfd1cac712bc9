import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { global } from "../../../../src/operators/windows/global.ts";
import { session } from "../../../../src/operators/windows/session.ts";
import type { TriggerRules } from "../../../../src/operators/windows/triggers/trigger.ts";
import { continuousTrigger } from "../../../../src/operators/windows/triggers/continuous-trigger.ts";
import { purgingTrigger } from "../../../../src/operators/windows/triggers/purging-trigger.ts";
import { tumbling } from "../../../../src/operators/windows/tumbling.ts";
import { verifyOperator } from "../../harness.ts";
import { batch, end, operatorOf, shown, watermark } from "../windows.ts";

describe("continuousTrigger", () => {
  it("fires at each interval, at the end, and once for a watermark that goes far (WIN-02)", () => {
    const { main } = verifyOperator(operatorOf(tumbling("100ms"), { trigger: continuousTrigger("10ms") }), [
      batch(["a1", 3]),
      watermark(9),
      watermark(10),
      batch(["a2", 12]),
      watermark(45),
      batch(["a3", 48]),
      watermark(50),
      end,
    ]);
    assert.deepEqual(shown(main), [
      "a 0..100 @99: a1",
      "a 0..100 @99: a1 a2",
      "a 0..100 @99: a1 a2 a3",
      "a 0..100 @99: a1 a2 a3",
    ]);
  });

  it("ends in a window that never does", () => {
    const { main } = verifyOperator(operatorOf(global(), { trigger: continuousTrigger("10ms") }), [
      batch(["a1", 3]),
      end,
    ]);
    assert.deepEqual(shown(main), ["a -Infinity..Infinity @10: a1"]);
  });

  it("goes on in sessions that merge", () => {
    const { main } = verifyOperator(operatorOf(session("20ms"), { trigger: continuousTrigger("10ms") }), [
      batch(["a1", 3], ["a2", 35]),
      watermark(10),
      batch(["a3", 20]),
      watermark(40),
      end,
    ]);
    assert.deepEqual(shown(main), ["a 3..23 @23: a1", "a 3..55 @55: a1 a2 a3", "a 3..55 @55: a1 a2 a3"]);
  });

  it("fires at the earliest of the times that sessions had before they became one", () => {
    const { main } = verifyOperator(operatorOf(session("20ms"), { trigger: continuousTrigger("10ms") }), [
      batch(["a1", 3], ["a2", 35], ["a3", 20]),
      watermark(10),
      end,
    ]);
    assert.deepEqual(shown(main), ["a 3..55 @55: a1 a2 a3", "a 3..55 @55: a1 a2 a3"]);
  });

  /** The record at 5 comes when its session is complete, so that it has no time of its own; that at 20 joins both. */
  const lateMerge = [batch(["a1", 35]), watermark(36), batch(["a2", 5]), batch(["a3", 20]), watermark(40), end];
  const merging = (trigger: TriggerRules<string, number | undefined>): readonly string[] =>
    shown(verifyOperator(operatorOf(session("20ms"), { trigger, latenessMs: 100 }), lateMerge).main);

  it("gives a further result for each late record, and keeps to the times of an open session that becomes part of a late one", () => {
    assert.deepEqual(merging(continuousTrigger("10ms")), [
      "a 5..25 @25: a2",
      "a 5..55 @55: a2 a1 a3",
      "a 5..55 @55: a2 a1 a3",
    ]);
  });

  it("does so too when each result is to be made anew", () => {
    assert.deepEqual(merging(purgingTrigger(continuousTrigger("10ms"))), ["a 5..25 @25: a2", "a 5..55 @55: a1 a3"]);
  });
});
