import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { session } from "../../../src/operators/windows/session.ts";
import { countTrigger } from "../../../src/operators/windows/triggers/count-trigger.ts";
import { valueState } from "../../../src/state/kinds/value.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { Harness, verifyOperator } from "../harness.ts";
import { batch, watermark, end, collect, operatorOf, planOf, processOf, shown } from "./windows.ts";

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
