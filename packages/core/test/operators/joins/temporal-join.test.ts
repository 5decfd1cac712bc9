import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { leftTemporalJoin, temporalJoin } from "../../../src/operators/joins/temporal-join.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../../src/time/timestamps.ts";
import { check } from "../../bytes/property.ts";
import { callsOf, valid } from "../../reference/joins.ts";
import { Harness, MANY, verifyOperator } from "../harness.ts";
import { happenings, joining, left, lines, right, watermark } from "./joining.ts";

describe("temporalJoin", () => {
  const join = joining(temporalJoin());

  it("gives each record the row that is valid at its time, with that time, whichever comes first", () => {
    const outcome = verifyOperator(join, [
      left([1, 15], [2, 10], [3, 9], [4, 25]),
      right([11, 20], [10, 10]),
      left([5, 19], [6, 20]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["2+10 at 10", "1+10 at 15", "5+10 at 19", "6+11 at 20", "4+11 at 25"]);
  });

  it("waits until no earlier row can come", () => {
    const harness = new Harness(join);
    harness.call(right([10, 5]));
    harness.call(left([1, 10]));
    harness.watermark(9);
    assert.deepEqual(harness.values, []);
    harness.call(right([11, 10]));
    harness.watermark(10);
    assert.deepEqual(harness.values, ["1+11"]);
  });

  it("keeps apart what is less than a millisecond apart", () => {
    const outcome = verifyOperator(join, [
      right([10, 5.25], [11, 5.75]),
      left([1, 5.5], [2, 5.75], [3, 6]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["1+10 at 5.5", "2+11 at 5.75", "3+11 at 6"]);
  });

  it("takes the last of several rows of one moment", () => {
    const outcome = verifyOperator(join, [right([10, 5], [11, 5]), left([1, 5]), watermark(END_OF_TIME)]);
    assert.deepEqual(lines(outcome), ["1+11 at 5"]);
  });

  it("takes rows without a time as valid from the beginning", () => {
    const outcome = verifyOperator(join, [
      left([1, 5]),
      right([10, NO_TIMESTAMP], [11, NO_TIMESTAMP]),
      right([12, 6]),
      left([2, 6], [3, -1000]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["3+11 at -1000", "1+11 at 5", "2+12 at 6"]);
  });

  it("lets a row that comes late count from then on, unless a later one is known", () => {
    const { main, sides } = verifyOperator(join, [
      right([10, 5]),
      left([1, 20]),
      watermark(20),
      right([11, 12]),
      right([12, 8]),
      left([2, 21], [3, 20]),
      watermark(21),
    ]);
    assert.deepEqual(
      main.map(([text]) => text),
      ["1+10", "2+11"],
    );
    assert.deepEqual(sides, { left: [[{ key: 0, id: 3 }, 20]], right: [[{ key: 0, id: 12 }, 8]] });
  });

  it("keeps one row of each key, and nothing else that time has passed", () => {
    const harness = new Harness(join);
    for (let id = 0; id < 20; id++) harness.call(right([id, id, id % 2]));
    for (let id = 0; id < 20; id++) harness.call(left([id, id, id % 2]));
    harness.watermark(END_OF_TIME);
    assert.equal(harness.save().entries.size, 2);
    assert.equal(harness.values.length, 20);
  });

  it("hands on any number of records of one moment, as outputs have room", () => {
    const harness = new Harness(join, { slice: 10, full: true });
    harness.call(right([MANY, 1]));
    harness.call(left(...Array.from({ length: MANY }, (_, id) => [id, 10] as const)));
    harness.watermark(10);
    assert.equal(harness.values.length, MANY);
    assert.ok(harness.resumes > MANY / 10);
  });

  it("refuses records without a time (OPTION_INVALID)", () => {
    const harness = new Harness(join);
    assert.throws(() => harness.call(left([1, NO_TIMESTAMP])), { code: "OPTION_INVALID", message: /"j".*eventTime/ });
  });
});

describe("temporalJoin, where rows are deleted", () => {
  const deleteWhen = ({ id }: { readonly id: number }): boolean => id >= 90;
  const join = joining(leftTemporalJoin({ deleteWhen, rememberDeletions: "10ms" }));

  it("finds no row from the deletion on, until the next row, and keeps nothing of either", () => {
    const calls = [
      right([10, 10], [90, 20], [11, 30]),
      left([1, 19], [2, 20], [3, 29], [4, 30]),
      watermark(35),
      right([91, 40]),
      left([5, 39], [6, 41]),
      watermark(END_OF_TIME),
    ];
    const outcome = verifyOperator(join, calls);
    assert.deepEqual(lines(outcome), [
      "1+10 at 19",
      "2 alone at 20",
      "3 alone at 29",
      "4+11 at 30",
      "5+11 at 39",
      "6 alone at 41",
    ]);
    const inner = joining(temporalJoin({ deleteWhen }));
    assert.deepEqual(lines(verifyOperator(inner, calls)), ["1+10 at 19", "4+11 at 30", "5+11 at 39"]);
    const harness = new Harness(join);
    for (const call of calls) harness.call(call);
    assert.equal(harness.save().entries.size, 0);
  });

  it("does not let a row that comes late undo a deletion that is remembered, and forgets it then", () => {
    const harness = new Harness(join);
    harness.call(right([10, 10], [90, 20]));
    harness.watermark(29);
    assert.equal(harness.save().entries.size, 2, "the deletion, and the timer that ends it");
    harness.call(right([11, 15]));
    assert.deepEqual(harness.outcome.sides, { right: [[{ key: 0, id: 11 }, 15]] });
    harness.watermark(30);
    assert.equal(harness.save(2).entries.size, 0);
    harness.call(right([12, 16]));
    harness.call(left([1, 40]));
    harness.watermark(40);
    assert.deepEqual(harness.values, ["1+12"]);
  });

  it("goes on with another time for which deletions are remembered, longer or shorter", () => {
    for (const [to, entries] of [
      ["30ms", 2],
      ["1ms", 0],
    ] as const) {
      const before = new Harness(join);
      before.call(right([10, 10], [90, 20]));
      before.watermark(25);
      const other = joining(leftTemporalJoin({ deleteWhen, rememberDeletions: to }));
      const after = new Harness(other, {}, before.save());
      after.watermark(49);
      assert.equal(after.save().entries.size, entries);
      after.watermark(50);
      assert.equal(after.save(2).entries.size, 0);
    }
  });

  it("lets a deletion that comes late count from then on, unless a later row is known", () => {
    const harness = new Harness(join);
    harness.call(right([10, 10]));
    harness.watermark(20);
    harness.call(right([90, 9]));
    assert.deepEqual(harness.outcome.sides, { right: [[{ key: 0, id: 90 }, 9]] });
    harness.call(right([91, 12]));
    harness.call(left([1, 21]));
    harness.watermark(21);
    assert.deepEqual(harness.values, ["1 alone"]);
  });

  it("deletes rows that were always valid", () => {
    const outcome = verifyOperator(join, [
      right([10, NO_TIMESTAMP], [90, NO_TIMESTAMP]),
      left([1, 5]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["1 alone at 5"]);
  });

  it("refuses options that make no sense (OPTION_INVALID)", () => {
    for (const options of [{ deleteWhen: "deleted" as never }, { rememberDeletions: "soon" as never }]) {
      assert.throws(() => temporalJoin(options), { code: "OPTION_INVALID" });
      assert.throws(() => leftTemporalJoin(options), { code: "OPTION_INVALID" });
    }
  });
});

describe("leftTemporalJoin", () => {
  it("gives a record that finds no row undefined", () => {
    const calls = [left([1, 5], [2, 10], [3, 10, 7]), right([10, 6]), watermark(END_OF_TIME)];
    const outcome = verifyOperator(joining(leftTemporalJoin()), calls, { reorders: true });
    assert.deepEqual(lines(outcome).toSorted(), ["1 alone at 5", "2+10 at 10", "3 alone at 10"]);
  });

  it("gives what plain loops give, however records arrive, and through restores at each step", () => {
    check(
      fc.property(happenings, fc.integer({ min: 1, max: 8 }), (all, size) => {
        const calls = callsOf(all, size);
        const outcome = verifyOperator(joining(leftTemporalJoin()), calls, { reorders: true });
        assert.deepEqual(lines(outcome).toSorted(), valid(calls, true).lines.toSorted());
      }),
      30,
    );
  });
});
