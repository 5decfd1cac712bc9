import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { global } from "../../../../src/operators/windows/global.ts";
import type { TriggerRules, TriggerResult } from "../../../../src/operators/windows/triggers/trigger.ts";
import { countTrigger } from "../../../../src/operators/windows/triggers/count-trigger.ts";
import { neverTrigger } from "../../../../src/operators/windows/triggers/never-trigger.ts";
import { tumbling } from "../../../../src/operators/windows/tumbling.ts";
import { keyGroupOf } from "../../../../src/state/key-groups.ts";
import { END_OF_TIME } from "../../../../src/time/timestamps.ts";
import { Harness, verifyOperator } from "../../harness.ts";
import { batch, end, operatorOf, shown, watermark } from "../windows.ts";

describe("a trigger", () => {
  const scripted = (results: Readonly<Record<string, TriggerResult>>): TriggerRules<string, undefined> => ({
    name: "scripted",
    state: { initial: undefined },
    onRecord: (value, _timestamp, context) => {
      if (context.watermark < 5) context.setEventTimer(5);
      return results[value] ?? "continue";
    },
    onEventTime: (time) => results[`@${time}`] ?? "continue",
    onProcessingTime: () => "continue",
  });

  it("decides with each of its four answers, for records and for timers (WIN-02)", () => {
    const run = (onRecord: TriggerResult, onTime: TriggerResult): readonly string[] =>
      shown(
        verifyOperator(
          operatorOf(tumbling("10ms"), { trigger: scripted({ a2: onRecord, "@5": onTime, "@9": "fire" }) }),
          [batch(["a1", 1], ["a2", 2]), watermark(5), batch(["a3", 6]), end],
        ).main,
      ).map((line) => line.replace("a 0..10 @9: ", ""));
    const tails: Readonly<Record<TriggerResult, readonly [readonly string[], string]>> = {
      continue: [[], "a1 a2"],
      fire: [["a1 a2"], "a1 a2"],
      purge: [[], ""],
      "fire-and-purge": [["a1 a2"], ""],
    };
    for (const onRecord of ["continue", "fire", "purge", "fire-and-purge"] as const) {
      for (const onTime of ["continue", "fire", "purge", "fire-and-purge"] as const) {
        const [fired, kept] = tails[onRecord];
        const atTimer = onTime.startsWith("fire") && kept !== "" ? [kept] : [];
        const left = onTime.endsWith("purge") ? "" : kept;
        const last = [left, "a3"].filter((part) => part !== "").join(" ");
        assert.deepEqual(run(onRecord, onTime), [...fired, ...atTimer, last], `${onRecord} and ${onTime}`);
      }
    }
  });

  it("replaces the default: a window that never fires has no result, and is cleaned up all the same", () => {
    const harness = new Harness(operatorOf(tumbling("10ms"), { trigger: neverTrigger() }));
    harness.batch(["a1", 1]);
    harness.watermark(END_OF_TIME);
    assert.deepEqual(harness.values, []);
    assert.equal(harness.save().entries.size, 0);
  });

  it("keeps state and timers for each window, and both go with it (ST-04)", () => {
    const harness = new Harness(operatorOf(tumbling("10ms"), { trigger: countTrigger(3) }));
    harness.batch(["a1", 1], ["a2", 12], ["a3", 13]);
    assert.equal(harness.save().entries.size, 6, "for each window contents, count, and one timer");
    harness.watermark(9);
    assert.equal(harness.save(2).entries.size, 3);
    harness.watermark(19);
    assert.equal(harness.save(3).entries.size, 0);
  });

  it("is called at once for a timer that a restored key had passed, though the inputs begin again from earlier", () => {
    const late: TriggerRules<string, undefined> = {
      name: "late",
      state: { initial: undefined },
      onRecord: (_value, _timestamp, context) => {
        context.setEventTimer(7);
        context.setEventTimer(7);
        context.setEventTimer(8);
        context.deleteEventTimer(8);
        return "continue";
      },
      onEventTime: (time) => (time === 7 ? "fire" : "continue"),
      onProcessingTime: () => "continue",
    };
    const harness = new Harness(operatorOf(global(), { trigger: late }));
    harness.watermark(7);
    harness.batch(["a1", 0]);
    const again = harness.restored();
    again.watermark(2);
    again.batch(["a2", 0]);
    assert.deepEqual(
      [...harness.values, ...again.values].map((value) => (value as { value: string }).value),
      ["a1", "a1 a2"],
    );
    assert.ok(keyGroupOf("a", 128) >= 0);
    again.watermark(END_OF_TIME);
    assert.equal(again.values.length, 1, "once");
  });

  it("names itself when it throws, and refuses its context afterwards", () => {
    let kept: { readonly key: unknown } | undefined;
    const bad: TriggerRules<string, undefined> = {
      ...neverTrigger(),
      name: "bad",
      onRecord: (value, _timestamp, context) => {
        kept = context;
        if (value === "a2") throw new Error("no");
        return "continue";
      },
    };
    const harness = new Harness(operatorOf(global(), { trigger: bad }));
    harness.batch(["a1", 1]);
    assert.throws(() => kept?.key, TypeError);
    assert.throws(() => harness.batch(["a2", 1]), { code: "USER_CODE", message: /trigger bad of "w" threw: no/ });
    const loud = { ...neverTrigger(), name: "loud", onRecord: () => "FIRE" as never };
    assert.throws(() => new Harness(operatorOf(global(), { trigger: loud })).batch(["a1", 1]), {
      code: "USER_CODE",
      message: /trigger loud of "w" threw: it said "FIRE": it is to say "continue", "fire", "purge", "fire-and-purge"/,
    });
  });
});
