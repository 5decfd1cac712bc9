import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventTimeTrigger } from "../../../src/operators/windows/event-time-trigger.ts";
import { countEvictor, deltaEvictor, timeEvictor } from "../../../src/operators/windows/evictors.ts";
import { global } from "../../../src/operators/windows/global.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import type { TriggerRules, TriggerResult } from "../../../src/operators/windows/trigger.ts";
import {
  continuousProcessingTrigger,
  continuousTrigger,
  countTrigger,
  neverTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from "../../../src/operators/windows/triggers.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { keyGroupOf } from "../../../src/state/key-groups.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { type Call, Harness, verifyOperator } from "../harness.ts";
import { batch, collect, end, operatorOf, planOf, shown, watermark } from "./windows.ts";
import { customEvictor } from "../../../src/operators/windows/custom-evictor.ts";
import { processingTime } from "../../../src/operators/windows/processing-time.ts";

const tick = (now: number): Call => ({ kind: "tick", now });

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

describe("evictors", () => {
  const run = (evictor: ReturnType<typeof countEvictor<string>>, aggregate: typeof collect | null = collect) =>
    verifyOperator(
      operatorOf(global(), {
        evictor,
        trigger: countTrigger(2),
        aggregate,
        ...(aggregate === null
          ? {
              process: { onWindow: (items: string[]) => [items.join(" ")] },
            }
          : {}),
      }),
      [batch(["a1", 10], ["a2", 30], ["a3", 20], ["a4", 25], ["a9", 31], ["a8", 33])],
    ).main.map(([value]) => (typeof value === "string" ? value : (value as { value: string }).value));

  it("remove records before the result is made, or after it (WIN-03)", () => {
    assert.deepEqual(run(countEvictor(3)), ["a1 a2", "a2 a3 a4", "a4 a9 a8"]);
    assert.deepEqual(run(countEvictor(3), null), ["a1 a2", "a2 a3 a4", "a4 a9 a8"]);
    assert.deepEqual(run(countEvictor(1, { after: true })), ["a1 a2", "a2 a3 a4", "a4 a9 a8"]);
    assert.deepEqual(run(timeEvictor("10ms")), ["a2", "a2 a4", "a2 a4 a9 a8"]);
    assert.deepEqual(run(deltaEvictor(3, (value, last) => Math.abs(Number(last.slice(1)) - Number(value.slice(1))))), [
      "a1 a2",
      "a2 a3 a4",
      "a9 a8",
    ]);
  });

  it("may leave nothing: there is no result then", () => {
    assert.deepEqual(run(customEvictor({ name: "all", evictBefore: () => [] })), []);
    assert.deepEqual(run(customEvictor({ name: "all afterwards", evictAfter: () => [] })), ["a1 a2", "a3 a4", "a9 a8"]);
    const harness = new Harness(
      operatorOf(global(), { evictor: { name: "all", evictAfter: () => [] }, trigger: countTrigger(2) }),
    );
    harness.batch(["a1", 10], ["a2", 30]);
    assert.equal(harness.save().entries.size, 0, "a key of which nothing is left takes no room");
  });

  it("must give back what they were given", () => {
    const bad = customEvictor({ name: "bad", evictBefore: () => [{ value: "x", timestamp: 0 }] });
    assert.throws(() => run(bad), { code: "USER_CODE", message: /must give back records that it was given/ });
  });

  it("need no merge of an aggregate in sessions", () => {
    const { merge: _merge, ...unmergeable } = collect;
    const { main } = verifyOperator(
      operatorOf(session("5ms"), { evictor: countEvictor<string>(2), aggregate: unmergeable }),
      [batch(["a1", 0], ["a2", 8], ["a3", 4]), end],
    );
    assert.deepEqual(shown(main), ["a 0..13 @13: a2 a3"]);
  });
});

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
