import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BATCH_RECORDS } from "../../../src/operators/batch.ts";
import { AGAIN } from "../../../src/operators/progress.ts";
import { countWindows } from "../../../src/operators/windows/count.ts";
import { eventTimeTrigger } from "../../../src/operators/windows/event-time-trigger.ts";
import { global } from "../../../src/operators/windows/global.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { countTrigger, purgingTrigger } from "../../../src/operators/windows/triggers.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { sideOutput } from "../../../src/operators/side-output.ts";
import { mapState } from "../../../src/state/kinds/map.ts";
import { valueState } from "../../../src/state/kinds/value.ts";
import { valueState as lastingState } from "../../../src/state/kinds/with-options.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../../src/time/timestamps.ts";
import { type Call, Harness, type Timed, verifyOperator } from "../harness.ts";
import { collect, operatorOf, planOf, processOf, shown } from "./windows.ts";

const batch = (...records: readonly Timed[]): Call => ({ kind: "batch", records });
const watermark = (time: number): Call => ({ kind: "watermark", time });
const end = watermark(END_OF_TIME);

describe("sliding windows", () => {
  it("put a record into all windows that it lies in, also before 1970, with an offset (WIN-01)", () => {
    const { main } = verifyOperator(operatorOf(sliding("10ms", "5ms", { offset: "2ms" })), [
      batch(["a1", -5], ["a2", 3]),
      end,
    ]);
    assert.deepEqual(shown(main), ["a -13..-3 @-4: a1", "a -8..2 @1: a1", "a -3..7 @6: a2", "a 2..12 @11: a2"]);
  });

  it("leave out what lies between two windows, and call it neither late nor dropped", () => {
    const { main, sides, droppedLate } = verifyOperator(operatorOf(sliding("3ms", "10ms")), [
      batch(["a1", 2], ["a2", 3], ["a3", 9]),
      watermark(50),
      batch(["a4", 15], ["a5", 11]),
      end,
    ]);
    assert.deepEqual(shown(main), ["a 0..3 @2: a1"]);
    assert.deepEqual([sides, droppedLate], [{ late: [["a5", 11]] }, 0]);
  });

  it("keep one accumulator for each slice however many windows share it, and none at the end", () => {
    const harness = new Harness(operatorOf(sliding("100ms", "10ms")));
    harness.batch(["a1", 5], ["a2", 7], ["b1", 8]);
    assert.equal(harness.save().entries.size, 2);
    harness.watermark(94);
    assert.equal(harness.save(2).entries.size, 2);
    harness.watermark(99);
    assert.equal(harness.save(3).entries.size, 0);
    assert.equal(harness.values.length, 20);
  });

  it("copy where slices cannot be merged, and the plan says which it is", () => {
    const { merge: _merge, ...unmergeable } = collect;
    const copying = planOf(sliding("100ms", "10ms"), { aggregate: unmergeable });
    assert.equal(planOf(sliding("100ms", "10ms")).label, "window sliding 100ms every 10ms, shared slices");
    assert.equal(copying.label, "window sliding 100ms every 10ms");
    const harness = new Harness(copying.create);
    harness.batch(["a1", 5]);
    assert.equal(harness.save().entries.size, 20, "ten windows, each with an accumulator and a timer");
  });

  it("refuse slices of other windows with STATE_INCOMPATIBLE", () => {
    const harness = new Harness(operatorOf(sliding("10ms", "5ms")));
    harness.batch(["a1", 5]);
    const saved = harness.save();
    for (const other of [sliding("10ms", "2ms"), sliding("10ms", "5ms", { offset: "1ms" }), sliding("11ms", "5ms")]) {
      assert.throws(() => new Harness(operatorOf(other), {}, saved), {
        code: "STATE_INCOMPATIBLE",
        message: /slices of windows of "w".*from 5 to 10/,
      });
    }
  });

  it("stop at each share of work", () => {
    const harness = new Harness(operatorOf(sliding("10ms", "5ms"), { keyOf: (value) => value as string }), {
      slice: 50,
    });
    harness.batch(...Array.from({ length: 1000 }, (_, key): Timed => [`k${key}`, 1]));
    let turns = 0;
    let before = 0;
    for (let progress = harness.begin(watermark(9)); progress === AGAIN; progress = harness.resume()) {
      turns++;
      assert.ok(harness.values.length - before <= 50);
      before = harness.values.length;
    }
    assert.ok(turns >= 40, `${turns} turns`);
    assert.equal(harness.values.length, 2000);
  });
});

describe("session windows", () => {
  it("end when nothing comes for the gap; touching ones are one; results have the time of the end (WIN-01)", () => {
    const { main } = verifyOperator(operatorOf(session("10ms")), [
      batch(["a1", 0], ["a2", 10], ["a3", 21], ["b1", 5]),
      watermark(19),
      watermark(20),
      end,
    ]);
    assert.deepEqual(shown(main), ["b 5..15 @15: b1", "a 0..20 @20: a1 a2", "a 21..31 @31: a3"]);
  });

  it("become one when a record joins them, with all that was in them (WIN-05)", () => {
    const { main } = verifyOperator(operatorOf(session("5ms")), [
      batch(["a1", 0], ["a2", 16], ["a3", 8]),
      watermark(2),
      batch(["a4", 12], ["a5", 4]),
      end,
    ]);
    assert.deepEqual(shown(main), ["a 0..21 @21: a1 a3 a2 a4 a5"]);
  });

  it("hold in a snapshot what they were before they became one (COR-27)", () => {
    const { main } = verifyOperator(operatorOf(session("5ms")), [batch(["a1", 16], ["a2", 8], ["a3", 12]), end]);
    assert.deepEqual(shown(main), ["a 8..21 @21: a2 a1 a3"]);
  });

  it("can have a gap for each record, and refuse one that is none", () => {
    const gapOf = (value: string): number => Number(value.slice(1));
    const { main } = verifyOperator(operatorOf(session(gapOf)), [batch(["a9", 0], ["a3", 9], ["a2", 15]), end]);
    assert.deepEqual(shown(main), ["a 0..12 @12: a9 a3", "a 15..17 @17: a2"]);
    for (const bad of ["a0", "a-1", "ax", "aInfinity"]) {
      const harness = new Harness(operatorOf(session(gapOf)));
      assert.throws(() => harness.batch([bad, 0]), { code: "OPTION_INVALID", message: /session of "w": its gap is/ });
    }
  });

  it("become one of three when the gap of a record is long enough, whatever is asked of them (WIN-05)", () => {
    const assigner = session((value: string): number => Number(value.slice(1)));
    const calls = [batch(["a2", 0], ["a3", 5], ["a4", 10]), watermark(1), batch(["a12", 1]), end];
    const plain = verifyOperator(operatorOf(assigner), calls).main;
    assert.deepEqual(shown(plain), ["a 0..14 @14: a2 a3 a4 a12"]);
    assert.deepEqual(shown(verifyOperator(operatorOf(assigner, { latenessMs: 1 }), calls).main), shown(plain));
    const process = processOf({
      globalState: { sessions: valueState(0) },
      onWindow(items: readonly string[], { window: { start, end: until }, globalState: { sessions } }) {
        sessions.update(sessions.get() + 1);
        return [`session ${sessions.get()} from ${start} to ${until}: ${items.join(" ")}`];
      },
    });
    const { main } = verifyOperator(operatorOf(assigner, { aggregate: null, process }), [batch(["a1", -9]), ...calls]);
    assert.deepEqual(shown(main), ["@-8: session 1 from -9 to -8: a1", "@14: session 2 from 0 to 14: a2 a3 a4 a12"]);
  });

  it("take late records while the lateness lasts, and grow and merge by them, with a result each time (WIN-04)", () => {
    const { main, sides } = verifyOperator(operatorOf(session("5ms"), { latenessMs: 20 }), [
      batch(["a1", 0], ["a2", 12]),
      watermark(17),
      batch(["a3", 7]),
      batch(["a4", 5]),
      watermark(36),
      batch(["a5", 17]),
      watermark(42),
      batch(["a6", 16]),
      end,
    ]);
    assert.deepEqual(shown(main), [
      "a 0..5 @5: a1",
      "a 12..17 @17: a2",
      "a 7..17 @17: a2 a3",
      "a 0..17 @17: a1 a2 a3 a4",
      "a 0..22 @22: a1 a2 a3 a4 a5",
    ]);
    assert.deepEqual(sides, { late: [["a6", 16]] });
  });

  it("leave nothing behind: no session, accumulator or timer (COR-10)", () => {
    const harness = new Harness(operatorOf(session("10ms"), { latenessMs: 5 }));
    for (let at = 0; at < 500; at++) harness.batch([`k${at % 7}`, at * 3], [`k${at % 5}`, at]);
    assert.ok(harness.save().entries.size > 0);
    harness.watermark(END_OF_TIME);
    assert.equal(harness.save(2).entries.size, 0);
  });

  it("refuse an aggregate that cannot merge, and state per window", () => {
    const { merge: _merge, ...unmergeable } = collect;
    assert.throws(() => planOf(session("1s"), { aggregate: unmergeable }), {
      code: "OPTION_INVALID",
      message: /"w": its aggregate has no merge function/,
    });
    const process = processOf({ windowState: { n: valueState(0) }, onWindow: () => [] });
    assert.throws(() => planOf(session("1s"), { process }), { code: "OPTION_INVALID", message: /sessions merge/ });
    const { onMerge: _onMerge, ...fixed } = countTrigger(2);
    assert.throws(() => planOf(session("1s"), { trigger: fixed }), {
      code: "OPTION_INVALID",
      message: /trigger count 2 has no "onMerge"/,
    });
  });
});

describe("count windows", () => {
  it("have a result for each so many records of a key, and none for what is left (WIN-02)", () => {
    const harness = new Harness(operatorOf(countWindows(2)));
    harness.batch(["a1", 5], ["b1", 1], ["a2", 3], ["a3", 7], ["b2", NO_TIMESTAMP]);
    assert.deepEqual(
      harness.outcome.main.map(([value, at]) => [(value as { value: string }).value, at]),
      [
        ["a1 a2", 3],
        ["b1 b2", NO_TIMESTAMP],
      ],
    );
    assert.equal(harness.save().entries.size, 2, "the accumulator and the count of a3");
  });

  it("slide: after each so many records, the last so many (WIN-03)", () => {
    const { main } = verifyOperator(operatorOf(countWindows(3, { slide: 2 })), [
      batch(["a1", 1], ["a2", 2], ["a3", 3], ["a4", 4], ["a5", 5], ["a6", 6]),
    ]);
    assert.deepEqual(
      main.map(([value]) => (value as { value: string }).value),
      ["a1 a2", "a2 a3 a4", "a4 a5 a6"],
    );
  });

  it("refuse what they are made of, and numbers that are none", () => {
    assert.throws(() => planOf(countWindows(2), { trigger: countTrigger(3) }), { code: "OPTION_INVALID" });
    for (const bad of [0, -1, 1.5, Number.NaN]) assert.throws(() => countWindows(bad), { code: "OPTION_INVALID" });
  });
});

describe("a global window", () => {
  it("fires only when its trigger does, and keeps everything unless it is purged (WIN-02)", () => {
    const calls = [batch(["a1", 1], ["a2", 2], ["a3", 3], ["a4", 4], ["a5", 5]), end];
    const values = (trigger?: ReturnType<typeof countTrigger>): readonly string[] =>
      verifyOperator(operatorOf(global(), { trigger }), calls).main.map(
        ([value]) => (value as { value: string }).value,
      );
    assert.deepEqual(values(), []);
    assert.deepEqual(values(countTrigger(2)), ["a1 a2", "a1 a2 a3 a4"]);
    assert.deepEqual(values(purgingTrigger(countTrigger(2))), ["a1 a2", "a3 a4"]);
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

  it("names itself when it throws", () => {
    const process = processOf({ onWindow: () => assert.fail("no") });
    const harness = new Harness(operatorOf(tumbling("10ms"), { aggregate: null, process }));
    harness.batch(["a1", 1]);
    assert.throws(() => harness.watermark(9), { code: "USER_CODE", message: /process of "w" threw: no/ });
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
