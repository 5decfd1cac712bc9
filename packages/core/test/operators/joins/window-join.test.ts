import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Join, JoinSpec } from "../../../src/operators/joins/join.ts";
import { coGroup, windowJoin } from "../../../src/operators/joins/window-join.ts";
import type { StepDeadLetter } from "../../../src/operators/dead-letters.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import { countWindows } from "../../../src/operators/windows/count.ts";
import { global } from "../../../src/operators/windows/global.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { countTrigger } from "../../../src/operators/windows/triggers/count-trigger.ts";
import { purgingTrigger } from "../../../src/operators/windows/triggers/purging-trigger.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import type { TimeWindow } from "../../../src/time/windows.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import type { Item } from "../../reference/joins.ts";
import { Harness, run, verifyOperator } from "../harness.ts";
import { joining, left, lines, right, watermark } from "./joining.ts";
import { upTo } from "../../../src/operators/windows/lateness.ts";

const ids = (items: unknown): string => (items as readonly Item[]).map(({ id }) => id).join(",");

/** Shows what the function of a join is given. */
function shown(join: Join, changes: Partial<JoinSpec> = {}): OperatorFactory {
  const combine = (left: unknown, right: unknown, key: unknown, window?: TimeWindow): string => {
    const text = (side: unknown): string => (Array.isArray(side) ? `[${ids(side)}]` : String((side as Item).id));
    return `${text(left)} ${text(right)} of ${String(key)} in ${window?.start}..${window?.end}`;
  };
  return joining(join, { combine, ...changes });
}

describe("windowJoin (JN-01)", () => {
  it("joins each left record of a window with each right one when it is complete, with its last time", () => {
    const calls = [
      left([1, 3], [2, 12], [3, 4, 9]),
      right([4, 5], [5, 9]),
      watermark(8),
      left([6, 0]),
      watermark(9),
      right([7, 15]),
      watermark(END_OF_TIME),
    ];
    const { main } = verifyOperator(shown(windowJoin(tumbling("10ms"))), calls, { reorders: true });
    assert.deepEqual(main, [
      ["1 4 of 0 in 0..10", 9],
      ["1 5 of 0 in 0..10", 9],
      ["6 4 of 0 in 0..10", 9],
      ["6 5 of 0 in 0..10", 9],
      ["2 7 of 0 in 10..20", 19],
    ]);
  });

  it("hands on any number of pairs of one window, as outputs have room", () => {
    const harness = new Harness(joining(windowJoin(tumbling("10ms"))), { slice: 10, full: true });
    const records = Array.from({ length: 70 }, (_, id) => [id, 1] as const);
    harness.call(left(...records));
    harness.call(right(...records));
    harness.watermark(9);
    assert.equal(harness.values.length, 70 * 70);
    assert.ok(harness.resumes > 70 * 7, "it stops when its share is used up");
    assert.deepEqual(harness.values.slice(68, 72), ["0+68", "0+69", "1+0", "1+1"]);
    assert.equal(harness.save().entries.size, 0);
  });

  it("says which side a late record is of, and counts it where nobody takes it", () => {
    const calls = [watermark(9), left([1, 3]), right([2, 9], [3, 10]), watermark(END_OF_TIME)];
    const { sides } = verifyOperator(shown(windowJoin(tumbling("10ms"))), calls);
    assert.deepEqual(sides, { left: [[{ key: 0, id: 1 }, 3]], right: [[{ key: 0, id: 2 }, 9]] });
    const taken = run(shown(windowJoin(tumbling("10ms")), { late: [undefined, "right"] }), calls);
    assert.equal(taken.droppedLate, 1);
    assert.deepEqual(Object.keys(taken.sides), ["right"]);
  });

  it("joins again, as a whole, for each record within the allowed lateness", () => {
    const join = windowJoin(tumbling("10ms"), { allowedLateness: upTo("5ms") });
    const harness = new Harness(shown(join));
    harness.call(left([1, 1]));
    harness.call(right([2, 2]));
    harness.watermark(9);
    harness.call(right([3, 3]));
    assert.deepEqual(lines(harness.outcome), [
      "1 2 of 0 in 0..10 at 9",
      "1 2 of 0 in 0..10 at 9",
      "1 3 of 0 in 0..10 at 9",
    ]);
    harness.watermark(14);
    assert.equal(harness.save().entries.size, 0);
  });

  it("names itself when the function that joins throws", () => {
    const failing = joining(windowJoin(tumbling("10ms")), {
      combine: () => {
        throw new Error("no match");
      },
    });
    const harness = new Harness(failing);
    harness.call(left([1, 1]));
    harness.call(right([2, 2]));
    assert.throws(() => harness.watermark(9), { code: "USER_CODE", message: /join of "j" threw: no match/ });
  });
});

describe("windowJoin, where a function throws", () => {
  it("sets the window aside, with none of its pairs, and goes on with the next", () => {
    const combine = (one: unknown, other: unknown): string => {
      const pair = `${(one as Item).id}+${(other as Item).id}`;
      if (pair === "1+4") throw new Error("no match");
      return pair;
    };
    const harness = new Harness(joining(windowJoin(tumbling("10ms")), { combine }), { deadLetters: "dead" });
    harness.call(left([1, 1], [2, 11]));
    harness.call(right([3, 2], [4, 3], [5, 12]));
    harness.watermark(END_OF_TIME);
    assert.deepEqual(harness.values, ["2+5"]);
    const letters = (harness.outcome.sides["dead"] ?? []).map(([letter]) => letter as StepDeadLetter);
    assert.deepEqual(
      letters.map(({ kind, call, window, error }) => [kind, call, window, error.message]),
      [["window", "join", { start: 0, end: 10 }, "no match"]],
    );
    assert.equal(harness.save().entries.size, 0);
  });
});

describe("windowJoin, of more pairs than can be held to be taken back", () => {
  it("sets the window aside, with all of them", () => {
    const harness = new Harness(joining(windowJoin(tumbling("10ms"))), { deadLetters: "dead" });
    const many = Array.from({ length: 300 }, (_, id) => [id, 1] as const);
    harness.call(left(...many));
    harness.call(right(...many));
    harness.watermark(9);
    assert.deepEqual(harness.values, []);
    const letters = (harness.outcome.sides["dead"] ?? []).map(([letter]) => letter as StepDeadLetter);
    assert.deepEqual(
      letters.map(({ kind, error }) => [kind, /more than 65536 results/.test(error.message)]),
      [["window", true]],
    );
  });
});

describe("coGroup (JN-01)", () => {
  it("gives all records of both sides in the order in which they came, one side empty or not", () => {
    const { main } = verifyOperator(shown(coGroup(tumbling("10ms"))), [
      left([2, 3], [1, 4]),
      right([4, 15], [5, 9]),
      left([3, 1]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(main, [
      ["[2,1,3] [5] of 0 in 0..10", 9],
      ["[] [4] of 0 in 10..20", 19],
    ]);
  });

  it("brings sessions of both sides together that touch through records of either", () => {
    const { main } = verifyOperator(shown(coGroup(session("5ms"))), [
      left([1, 0]),
      right([2, 10]),
      left([3, 5]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(main, [["[1,3] [2] of 0 in 0..15", 15]]);
  });

  it("counts the records of both sides in windows of a number, sliding or not", () => {
    const calls = [left([1, 0]), right([2, 1]), left([3, 2]), right([4, 3]), left([5, 4])];
    assert.deepEqual(verifyOperator(shown(coGroup(countWindows(3))), calls).main, [
      ["[1,3] [2] of 0 in -Infinity..Infinity", 2],
    ]);
    assert.deepEqual(verifyOperator(shown(coGroup(countWindows(3, { slide: 2 }))), calls).main, [
      ["[1] [2] of 0 in -Infinity..Infinity", 1],
      ["[3] [2,4] of 0 in -Infinity..Infinity", 3],
    ]);
  });

  it("fires when its trigger says", () => {
    const join = coGroup(global(), { trigger: purgingTrigger(countTrigger(2)) });
    const { main } = verifyOperator(shown(join), [left([1, 0], [2, 1]), right([3, 1]), left([4, 2])]);
    assert.deepEqual(
      main.map(([text]) => String(text).split(" of")[0]),
      ["[1,2] []", "[4] [3]"],
    );
  });
});
