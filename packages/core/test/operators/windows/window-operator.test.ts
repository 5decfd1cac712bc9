import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BATCH_RECORDS } from "../../../src/operators/batch.ts";
import { eventTimeTrigger } from "../../../src/operators/windows/triggers/event-time-trigger.ts";
import { global } from "../../../src/operators/windows/global.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import type { AnyTrigger } from "../../../src/operators/windows/triggers/trigger.ts";
import { countTrigger } from "../../../src/operators/windows/triggers/count-trigger.ts";
import { neverTrigger } from "../../../src/operators/windows/triggers/never-trigger.ts";
import { purgingTrigger } from "../../../src/operators/windows/triggers/purging-trigger.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { sideOutput } from "../../../src/operators/side-output.ts";
import { mapState } from "../../../src/state/kinds/map.ts";
import { valueState } from "../../../src/state/kinds/value.ts";
import { valueState as lastingState } from "../../../src/state/kinds/with-options.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../../src/time/timestamps.ts";
import { Harness, verifyOperator } from "../harness.ts";
import { batch, watermark, end, collect, operatorOf, planOf, processOf, shown } from "./windows.ts";

describe("a global window", () => {
  it("fires only when its trigger does, and keeps everything unless it is purged (WIN-02)", () => {
    const calls = [batch(["a1", 1], ["a2", 2], ["a3", 3], ["a4", 4], ["a5", 5]), end];
    const values = (trigger: AnyTrigger): readonly string[] =>
      verifyOperator(operatorOf(global(), { trigger }), calls).main.map(
        ([value]) => (value as { value: string }).value,
      );
    assert.deepEqual(values(neverTrigger()), []);
    assert.deepEqual(values(countTrigger(2)), ["a1 a2", "a1 a2 a3 a4"]);
    assert.deepEqual(values(purgingTrigger(countTrigger(2))), ["a1 a2", "a3 a4"]);
    assert.throws(() => planOf(global()), { code: "OPTION_INVALID", message: /"w" without a trigger: they never end/ });
  });
});

describe("allowed lateness", () => {
  const windows = tumbling("10ms");
  it("keeps a window until its last millisecond and the lateness are past, ±1 (WIN-04)", () => {
    const run = (reached: number) => {
      const harness = new Harness(operatorOf(windows, { latenessMs: 5 }));
      harness.batch(["a1", 3]);
      harness.watermark(9);
      assert.deepEqual(shown(harness.outcome.main), ["a 0..10 @9: a1"]);
      harness.watermark(reached);
      const entries = harness.save().entries.size;
      harness.batch(["a2", 9]);
      return [entries, harness.outcome.main.length, harness.outcome.sides["late"]?.length ?? 0];
    };
    assert.deepEqual(run(13), [2, 2, 0], "the accumulator and a timer are there");
    assert.deepEqual(run(14), [0, 1, 1]);
  });

  it("does not give away an accumulator that goes on to be changed", () => {
    const given = { ...collect, result: (items: string[]) => items };
    const harness = new Harness(operatorOf(windows, { latenessMs: 50, aggregate: given }));
    harness.batch(["a1", 3]);
    harness.watermark(9);
    harness.batch(["a2", 4]);
    assert.deepEqual(
      harness.values.map((value) => (value as { value: unknown }).value),
      [["a1"], ["a1", "a2"]],
    );
  });

  it("cleans a window up though it was emptied before (COR-10)", () => {
    const trigger = purgingTrigger(countTrigger(1));
    const harness = new Harness(operatorOf(windows, { latenessMs: 5, trigger }));
    harness.batch(["a1", 3], ["b1", 4]);
    assert.equal(harness.values.length, 2);
    assert.equal(harness.save().entries.size, 2, "a timer for each");
    harness.watermark(14);
    assert.equal(harness.save(2).entries.size, 0);
  });
});

describe("a window process", () => {
  it("gets the records in the order in which they came, with key, window and watermark", () => {
    const process = processOf<readonly string[], never, never>({
      onWindow: (items, context) => [
        `${context.key} ${context.window.start} ${items.join(" ")} at ${context.watermark}`,
      ],
    });
    const { main } = verifyOperator(
      operatorOf(tumbling("10ms"), { aggregate: null, process }),
      [batch(["a2", 2], ["a1", 1], ["b1", 1]), batch(["a3", 12]), watermark(15), end],
      { reorders: true },
    );
    assert.deepEqual(shown(main), ["@9: a 0 a2 a1 at 15", "@9: b 0 b1 at 15", "@19: a 10 a3 at Infinity"]);
  });

  it("gets the result of an aggregate, keeps state per window and across windows (ST-04)", () => {
    const tag = sideOutput<string>("notes");
    const process = processOf({
      windowState: { firings: valueState(0) },
      globalState: { windows: valueState(0), seen: mapState<number, boolean>() },
      onWindow: (value: string, context) => {
        const { windowState, globalState, window } = context;
        windowState.firings.update(windowState.firings.get() + 1);
        if (!globalState.seen.has(window.start)) globalState.windows.update(globalState.windows.get() + 1);
        globalState.seen.set(window.start, true);
        context.output(tag, value);
        return [`${value}, firing ${windowState.firings.get()} of window ${globalState.windows.get()}`];
      },
    });
    const factory = operatorOf(tumbling("10ms"), { process, latenessMs: 20 });
    const { main, sides } = verifyOperator(factory, [
      batch(["a1", 1]),
      watermark(9),
      batch(["a2", 2], ["a3", 12]),
      watermark(19),
      batch(["a4", 3]),
      end,
    ]);
    assert.deepEqual(shown(main), [
      "@9: a1, firing 1 of window 1",
      "@9: a1 a2, firing 2 of window 1",
      "@19: a3, firing 1 of window 2",
      "@9: a1 a2 a4, firing 3 of window 2",
    ]);
    assert.deepEqual(sides["notes"], [
      ["a1", 9],
      ["a1 a2", 9],
      ["a3", 19],
      ["a1 a2 a4", 9],
    ]);
    const harness = new Harness(factory);
    harness.batch(["a1", 1]);
    harness.watermark(9);
    assert.equal(harness.save().entries.size, 5, "accumulator, firings, windows, seen, timer");
    harness.watermark(END_OF_TIME);
    assert.equal(harness.save(2).entries.size, 2, "what is kept across windows stays");
  });

  it("keeps its state of a window when that is purged, until the window is over (WIN-02)", () => {
    const process = processOf({
      windowState: { firings: valueState(0) },
      onWindow: (value: string, { windowState: { firings }, now }) => {
        firings.update(firings.get() + 1);
        return [`${value}, firing ${firings.get()}, at ${now()}`];
      },
    });
    const factory = operatorOf(tumbling("10ms"), { process, trigger: purgingTrigger(countTrigger(2)) });
    const calls = [batch(["a1", 1], ["a2", 2]), batch(["a3", 3], ["a4", 12], ["a5", 5], ["a6", 13]), end];
    const { main } = verifyOperator(factory, calls, { now: () => 77 });
    assert.deepEqual(shown(main), [
      "@9: a1 a2, firing 1, at 77",
      "@9: a3 a5, firing 2, at 77",
      "@19: a4 a6, firing 1, at 77",
    ]);
    const harness = new Harness(factory, { now: () => 77 });
    harness.batch(["a1", 1], ["a2", 2]);
    assert.equal(harness.save().entries.size, 2, "how often it was fired, and a timer");
    harness.watermark(9);
    assert.equal(harness.save(2).entries.size, 0);
  });

  it("may keep state with a time to live across windows, which is swept as windows are fired (TTL-02)", () => {
    const clock = { now: 0 };
    const process = processOf({
      globalState: { last: lastingState("none", { ttl: { after: "1s" } }) },
      onWindow: (value: string, { globalState }) => {
        const before = globalState.last.get();
        globalState.last.update(value);
        return [`${before} then ${value}`];
      },
    });
    const harness = new Harness(operatorOf(tumbling("10ms"), { process }), { now: () => clock.now });
    harness.batch(["a1", 1], ["a2", 11], ["b1", 21]);
    harness.watermark(9);
    clock.now = 999;
    harness.watermark(19);
    clock.now = 1999;
    harness.watermark(END_OF_TIME);
    assert.deepEqual(harness.values, ["none then a1", "a1 then a2", "none then b1"]);
    assert.equal(harness.save().entries.size, 1, "what was kept of a is gone, though nobody read it");
  });

  it("may clear what it keeps across windows and write it again in one call", () => {
    const process = processOf({
      globalState: { last: valueState("none") },
      onWindow: (value: string, { globalState }) => {
        const before = globalState.last.get();
        globalState.last.clear();
        if (value !== "a2") globalState.last.update(value);
        return [`${before} then ${value}`];
      },
    });
    const harness = new Harness(operatorOf(tumbling("10ms"), { process }));
    harness.batch(["a1", 1], ["a2", 11], ["a3", 21], ["a4", 31]);
    harness.watermark(END_OF_TIME);
    assert.deepEqual(harness.values, ["none then a1", "a1 then a2", "none then a3", "a3 then a4"]);
  });

  it("emits more than a batch at once, and stops at a full output", () => {
    const process = processOf<readonly string[], never, never>({
      onWindow: (items) => Array.from({ length: 3 * BATCH_RECORDS }, (_, n) => `${items.length} ${n}`),
    });
    const { main } = verifyOperator(operatorOf(tumbling("10ms"), { aggregate: null, process }), [
      batch(["a1", 1], ["b1", 1]),
      end,
    ]);
    assert.equal(main.length, 6 * BATCH_RECORDS);
  });

  it("leaves nothing of a call that throws where dead letters are taken: no result, no side output, no state", () => {
    const notes = sideOutput<string>("notes");
    const process = processOf({
      globalState: { calls: valueState(0) },
      onWindow(value: string, { output, globalState: { calls } }) {
        calls.update(calls.get() + 1);
        output(notes, value);
        if (value === "a2") throw new RangeError("two");
        return [`${value}, call ${calls.get()}`];
      },
    });
    const calls = [batch(["a1", 1], ["a2", 11], ["a3", 21]), end];
    const { main, sides } = verifyOperator(operatorOf(tumbling("10ms"), { process }), calls, {
      deadLetters: "dead",
    });
    assert.deepEqual(shown(main), ["@9: a1, call 1", "@29: a3, call 2"]);
    assert.deepEqual(sides["notes"], [
      ["a1", 9],
      ["a3", 29],
    ]);
    assert.deepEqual(
      sides["dead"]?.map(([, at]) => at),
      [19],
    );
  });

  it("names itself when it throws", () => {
    const process = processOf({ onWindow: () => assert.fail("no") });
    const harness = new Harness(operatorOf(tumbling("10ms"), { aggregate: null, process }));
    harness.batch(["a1", 1]);
    assert.throws(() => harness.watermark(9), { code: "USER_CODE", message: /process of "w" threw: no/ });
    const one = processOf({ onWindow: () => 1 as never });
    const other = new Harness(operatorOf(tumbling("10ms"), { aggregate: null, process: one }));
    other.batch(["a1", 1]);
    assert.throws(() => other.watermark(9), {
      code: "USER_CODE",
      message: /process of "w" threw: it gave 1: results come in an array, or another iterable/,
    });
  });
});

describe("windows of event time", () => {
  it("refuse records without a time, and say what to do", () => {
    for (const assigner of [sliding("10ms", "5ms"), session("10ms")]) {
      const harness = new Harness(operatorOf(assigner));
      assert.throws(() => harness.batch(["a", NO_TIMESTAMP]), { code: "OPTION_INVALID", message: /has no timestamp/ });
    }
    const lax = new Harness(operatorOf(tumbling("10ms"), { trigger: eventTimeTrigger() }));
    assert.throws(() => lax.batch(["a", NO_TIMESTAMP]), { code: "OPTION_INVALID", message: /has no timestamp/ });
  });
});
