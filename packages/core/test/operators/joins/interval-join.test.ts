import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Duration } from "../../../src/duration.ts";
import type { StepDeadLetter } from "../../../src/operators/dead-letters.ts";
import { intervalJoin } from "../../../src/operators/joins/interval-join.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../../src/time/timestamps.ts";
import { check } from "../../bytes/property.ts";
import { callsOf, type Item, judge, pairs } from "../../reference/joins.ts";
import { Harness, MANY, run, verifyOperator } from "../harness.ts";
import { happenings, joining, left, lines, right, watermark } from "./joining.ts";

describe("intervalJoin (JN-02)", () => {
  const fiveBack = joining(intervalJoin({ from: "-5ms", to: "0ms" }));

  it("joins right records from one bound to the other, both included, with the later time", () => {
    const outcome = verifyOperator(fiveBack, [
      right([1, 4], [2, 5], [3, 7], [4, 10], [5, 11]),
      left([10, 10]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["10+2 at 10", "10+3 at 10", "10+4 at 10"]);
  });

  for (const [includesFrom, includesTo, met] of [
    [false, true, ["10+3 at 10", "10+4 at 10"]],
    [true, false, ["10+2 at 10", "10+3 at 10"]],
    [false, false, ["10+3 at 10"]],
  ] as const) {
    it(`leaves bounds out that are not included: from ${includesFrom}, to ${includesTo}`, () => {
      const join = joining(intervalJoin({ from: "-5ms", to: "0ms", includesFrom, includesTo }));
      const outcome = verifyOperator(join, [right([1, 4], [2, 5], [3, 7], [4, 10], [5, 11]), left([10, 10])]);
      assert.deepEqual(lines(outcome), met);
    });
  }

  it("joins whichever side comes first, and each pair once", () => {
    const join = joining(intervalJoin({ from: "2ms", to: "4ms" }));
    const outcome = verifyOperator(join, [
      left([1, 0]),
      right([2, 2]),
      right([3, 4], [4, 5]),
      left([5, 1]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["1+2 at 2", "1+3 at 4", "5+3 at 4", "5+4 at 5"]);
  });

  it("joins only records of one key", () => {
    const outcome = verifyOperator(fiveBack, [right([1, 9, 1], [2, 9, 2]), left([3, 10, 2])]);
    assert.deepEqual(lines(outcome), ["3+2 at 10"]);
  });

  it("keeps records of one millisecond apart, and times between milliseconds", () => {
    const outcome = verifyOperator(fiveBack, [
      right([1, 5], [2, 5], [3, 5], [4, 4.5], [5, 5.5]),
      left([6, 10], [7, 10.25]),
      watermark(10),
      left([8, 10.5]),
      watermark(10.5),
      left([9, 10.75]),
    ]);
    assert.deepEqual(lines(outcome), [
      "6+1 at 10",
      "6+2 at 10",
      "6+3 at 10",
      "6+5 at 10",
      "7+5 at 10.25",
      "8+5 at 10.5",
    ]);
  });

  it("takes no record that the watermark has passed, and says where it went", () => {
    const calls = [
      right([1, 10]),
      watermark(10),
      left([2, 10], [3, 11]),
      right([4, 9], [5, 11]),
      watermark(END_OF_TIME),
    ];
    const { main, sides, droppedLate } = verifyOperator(fiveBack, calls);
    assert.deepEqual(
      main.map(([text]) => text),
      ["3+1", "3+5"],
    );
    assert.deepEqual(sides, { left: [[{ key: 0, id: 2 }, 10]], right: [[{ key: 0, id: 4 }, 9]] });
    assert.equal(droppedLate, 0);
    const dropping = joining(intervalJoin({ from: "-5ms", to: "0ms" }), { late: [undefined, undefined] });
    assert.equal(run(dropping, calls).droppedLate, 2);
  });

  it("forgets a record when nothing can meet it any more, and not before", () => {
    const harness = new Harness(fiveBack);
    const entries = (): number => harness.save().entries.size;
    harness.call(right([1, 10], [2, 10], [3, 12]));
    assert.equal(entries(), 3 + 2 + 1, "three rows, two timers, and how many there are at 10");
    harness.call(left([4, 10]));
    assert.equal(entries(), 8, "a row and its timer");
    harness.watermark(10);
    assert.equal(entries(), 6, "no right record that is not late is at 10 or before");
    harness.watermark(14);
    assert.equal(entries(), 6);
    harness.call(left([5, 15]));
    harness.watermark(15);
    assert.equal(entries(), 2, "left records after 15 are more than 5 after 10");
    harness.watermark(17);
    assert.equal(entries(), 0);
    assert.deepEqual(harness.values, ["4+1", "4+2", "5+1", "5+2", "5+3"]);
  });

  it("keeps nothing of a record that can meet none that comes after it", () => {
    const harness = new Harness(joining(intervalJoin({ from: "-20ms", to: "-10ms" })));
    harness.watermark(0);
    harness.call(left([1, 5]));
    assert.equal(harness.save().entries.size, 0, "what would meet it is from -15 to -5");
    harness.call(left([2, 15]));
    assert.equal(harness.save().entries.size, 2);
  });

  it("writes to a checkpoint what has changed, not what a key has", () => {
    const harness = new Harness(fiveBack);
    for (let id = 0; id < 100; id++) harness.call(right([id, id]));
    harness.save();
    harness.call(right([100, 100]));
    let puts = 0;
    const { table } = harness.cut(2);
    for (let part = table?.next(64); typeof part === "object"; part = table?.next(64)) puts += part.puts.length;
    assert.equal(puts, 2, "the row and its timer");
  });

  for (const [change, to] of [
    ["wider", "20ms"],
    ["narrower", "2ms"],
  ] as const) {
    it(`goes on with another interval, ${change}: what it held is joined by the new one, and forgotten when the old one ends`, () => {
      const before = new Harness(joining(intervalJoin({ from: "-10ms", to: "10ms" })));
      before.call(left([1, 10], [2, 20]));
      before.call(right([3, 30]));
      const after = new Harness(joining(intervalJoin({ from: "-10ms", to })), {}, before.save());
      after.watermark(19);
      after.call(right([4, 22], [5, 30]));
      assert.deepEqual(after.values, to === "20ms" ? ["1+4", "2+4", "1+5", "2+5"] : ["2+4"]);
      after.watermark(40);
      assert.equal(after.save().entries.size, 0);
    });
  }

  it("hands on any number of results of one record, as outputs have room", () => {
    const records = Array.from({ length: MANY }, (_, id) => [id, 10] as const);
    const calls = [right(...records), left([MANY, 10])];
    for (const options of [{}, { slice: 10, full: true }]) {
      const harness = new Harness(fiveBack, options);
      for (const call of calls) harness.call(call);
      assert.deepEqual(
        harness.values,
        records.map(([id]) => `${MANY}+${id}`),
      );
      assert.ok(options.slice === undefined || harness.resumes > MANY / 10, "it stops when its share is used up");
    }
  });

  it("refuses records without a time, and bounds that make no sense (OPTION_INVALID)", () => {
    const harness = new Harness(fiveBack);
    assert.throws(() => harness.call(left([1, NO_TIMESTAMP])), {
      code: "OPTION_INVALID",
      message: /join a record in "j": it has no timestamp.*eventTime/,
    });
    for (const [from, to] of [
      ["1s", "0s"],
      ["-1s", "-2s"],
      ["soon", "1s"],
      ["0s", "--1s"],
      ["0s", undefined],
    ] as const) {
      assert.throws(() => intervalJoin({ from: from as Duration, to: to as Duration }), { code: "OPTION_INVALID" });
    }
    const point = { from: "1s", to: "1s" } as const;
    intervalJoin(point);
    assert.throws(() => intervalJoin({ ...point, includesTo: false }), { code: "OPTION_INVALID", message: /nothing/ });
  });

  it("names itself when the function that joins throws", () => {
    const harness = new Harness(
      joining(intervalJoin({ from: "-5ms", to: "0ms" }), {
        combine: () => {
          throw new Error("no match");
        },
      }),
    );
    harness.call(right([1, 10]));
    assert.throws(() => harness.call(left([2, 10])), { code: "USER_CODE", message: /join of "j" threw: no match/ });
  });

  it("sets a record aside that its function throws on, with none of its pairs, and keeps nothing of it", () => {
    const combine = (one: unknown, other: unknown): string => {
      const pair = `${(one as Item).id}+${(other as Item).id}`;
      if (pair === "4+2") throw new Error("no match");
      return pair;
    };
    const join = joining(intervalJoin({ from: "-5ms", to: "5ms" }), { combine });
    const harness = new Harness(join, { deadLetters: "dead" });
    harness.call(right([1, 10], [2, 10]));
    harness.call(left([4, 10], [5, 10]));
    harness.call(right([6, 11]));
    assert.deepEqual(harness.values, ["5+1", "5+2", "5+6"]);
    assert.deepEqual(
      (harness.outcome.sides["dead"] ?? []).map(([letter]) => (letter as StepDeadLetter).record),
      [{ key: 0, id: 4 }],
    );
  });

  const bound = fc.integer({ min: -20, max: 20 });

  it("gives the pairs of plain loops, however records arrive, and through restores at each step", () => {
    const size = fc.integer({ min: 1, max: 8 });
    check(
      fc.property(happenings, size, bound, bound, fc.boolean(), fc.boolean(), (all, size, a, b, fromIn, toIn) => {
        const [fromMs, toMs] = a < b ? [a, b] : [b, a + 1];
        const [from, to] = [`${fromMs}ms`, `${toMs}ms`] as const;
        const join = joining(intervalJoin({ from, to, includesFrom: fromIn, includesTo: toIn }));
        const meets = (one: number, other: number): boolean =>
          (fromIn ? one + fromMs <= other : one + fromMs < other) && (toIn ? other <= one + toMs : other < one + toMs);
        const calls = callsOf(all, size);
        const { rows, late } = judge(calls);
        const outcome = verifyOperator(join, calls);
        assert.deepEqual(lines(outcome).toSorted(), pairs(rows, meets).toSorted());
        assert.deepEqual(outcome.sides["left"] ?? [], late[0]);
        assert.deepEqual(outcome.sides["right"] ?? [], late[1]);
      }),
      30,
    );
  });

  it("keeps nothing at the end of time", () => {
    check(
      fc.property(happenings, bound, bound, (all, a, b) => {
        const join = intervalJoin({ from: `${Math.min(a, b)}ms`, to: `${Math.max(a, b)}ms` });
        const harness = new Harness(joining(join));
        for (const call of callsOf(all, 3)) harness.call(call);
        assert.equal(harness.save().entries.size, 0);
      }),
    );
  });
});
