import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Duration } from "../../../src/duration.ts";
import { innerJoin, leftJoin } from "../../../src/operators/joins/retention-join.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { check } from "../../bytes/property.ts";
import { alone, callsOf, judge, pairs } from "../../reference/joins.ts";
import { Harness, MANY, verifyOperator } from "../harness.ts";
import { happenings, joining, left, lines, right, watermark } from "./joining.ts";

describe("innerJoin", () => {
  it("joins records that are no further apart than the retention, whichever comes first", () => {
    const outcome = verifyOperator(joining(innerJoin({ retention: "10ms" })), [
      left([1, 20]),
      right([2, 10], [3, 9], [4, 30], [5, 31]),
      left([6, 40]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(lines(outcome), ["1+2 at 20", "1+4 at 30", "6+4 at 40", "6+5 at 40"]);
  });

  it("lets each side wait as long as it says", () => {
    const outcome = verifyOperator(joining(innerJoin({ retention: { left: "10ms", right: "0ms" } })), [
      left([1, 20]),
      right([2, 30], [3, 31], [4, 19], [5, 20]),
    ]);
    assert.deepEqual(lines(outcome), ["1+2 at 30", "1+5 at 20"]);
  });

  it("refuses to join without an end, or a retention that is none (OPTION_INVALID)", () => {
    assert.throws(() => innerJoin({} as never), { code: "OPTION_INVALID", message: /retention/ });
    for (const retention of ["", "-1s", { left: "1s" }, { left: "1s", right: "soon" }]) {
      assert.throws(() => innerJoin({ retention: retention as Duration }), { code: "OPTION_INVALID" });
    }
  });
});

describe("leftJoin", () => {
  const join = joining(leftJoin({ retention: { left: "10ms", right: "5ms" } }));

  it("emits a left record that met none when its retention has ended, with that time, and no other", () => {
    const harness = new Harness(join);
    harness.call(left([1, 20], [2, 20], [3, 21, 7]));
    harness.call(right([4, 26, 7]));
    harness.watermark(29);
    assert.deepEqual(harness.values, ["3+4"]);
    harness.watermark(30);
    assert.deepEqual(lines(harness.outcome), ["3+4 at 26", "1 alone at 30", "2 alone at 30"]);
    harness.watermark(END_OF_TIME);
    assert.equal(harness.values.length, 3);
    assert.equal(harness.save().entries.size, 0);
  });

  it("remembers in state that a record has met one", () => {
    const { main } = verifyOperator(join, [
      left([1, 20]),
      right([2, 22]),
      watermark(28),
      right([3, 29]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(
      main.map(([text]) => text),
      ["1+2", "1+3"],
    );
  });

  it("does not go on from a join that did not remember who has met one (STATE_UNMAPPED)", () => {
    const inner = new Harness(joining(innerJoin({ retention: "10ms" })));
    inner.call(left([1, 20]));
    assert.throws(() => new Harness(joining(leftJoin({ retention: "10ms" })), {}, inner.save()), {
      code: "STATE_UNMAPPED",
    });
  });

  it("emits no result that is late for what follows it", () => {
    const size = fc.integer({ min: 1, max: 8 });
    check(
      fc.property(happenings, size, (all, size) => {
        const harness = new Harness(join);
        let reached = -Infinity;
        for (const call of callsOf(all, size)) {
          const before = harness.outcome.main.length;
          harness.call(call);
          for (const [, at] of harness.outcome.main.slice(before)) assert.ok(at > reached);
          if (call.kind === "watermark") reached = call.time;
        }
      }),
    );
  });

  it("hands on any number of records that met none, as outputs have room", () => {
    const harness = new Harness(join, { slice: 10, full: true });
    harness.call(left(...Array.from({ length: MANY }, (_, id) => [id, 10] as const)));
    harness.watermark(20);
    assert.equal(harness.values.length, MANY);
    assert.ok(harness.resumes > MANY / 10);
  });

  it("gives what plain loops give, however records arrive, and through restores at each step", () => {
    const wait = fc.nat(20);
    const size = fc.integer({ min: 1, max: 8 });
    check(
      fc.property(happenings, size, wait, wait, (all, size, leftMs, rightMs) => {
        const outer = joining(leftJoin({ retention: { left: `${leftMs}ms`, right: `${rightMs}ms` } }));
        const meets = (one: number, other: number): boolean => other >= one - rightMs && other <= one + leftMs;
        const calls = callsOf(all, size);
        const { rows, late } = judge(calls);
        const outcome = verifyOperator(outer, calls, { reorders: true });
        const expected = [...pairs(rows, meets), ...alone(rows, meets, leftMs)];
        assert.deepEqual(lines(outcome).toSorted(), expected.toSorted());
        assert.deepEqual(outcome.sides["left"] ?? [], late[0]);
      }),
      30,
    );
  });
});
