import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AGAIN } from "../../../src/operators/progress.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { Harness, type Timed, verifyOperator } from "../harness.ts";
import { batch, watermark, end, collect, operatorOf, planOf, shown } from "./windows.ts";

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
