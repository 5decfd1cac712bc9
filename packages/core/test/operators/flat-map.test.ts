import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BATCH_RECORDS } from "../../src/operators/batch.ts";
import { flatMapOperator } from "../../src/operators/flat-map.ts";
import { AGAIN, FULL } from "../../src/operators/progress.ts";
import { Harness, inBatches, MANY, type Timed, verifyOperator } from "./harness.ts";

const upTo = (value: unknown): Iterable<number> => Array.from({ length: value as number }, (_, index) => index);

describe("flatMapOperator", () => {
  for (const size of [1, 2, 7]) {
    it(`turns each record into any number of records at its time, in batches of ${size}`, () => {
      const counts = [0, 3, 1, 0, 0, 5, 0];
      const records = counts.map((count, index): Timed => [count, index]);
      const { main } = verifyOperator(flatMapOperator("expand", upTo), inBatches(records, size));
      assert.deepEqual(
        main,
        counts.flatMap((count, index) => Array.from({ length: count }, (_, value) => [value, index])),
      );
    });
  }

  for (const size of [1, 2, 7]) {
    it(`sets what it cannot handle aside, with nothing of what came of it before, in batches of ${size}`, () => {
      const failing = function* (value: unknown): Iterable<number> {
        yield* upTo(value);
        if (value === 3) throw new RangeError("three");
      };
      const records = [0, 3, 1, 0, 5, 3, 2].map((count, index): Timed => [count, index]);
      const options = { deadLetters: "dead" };
      const { main, sides } = verifyOperator(flatMapOperator("expand", failing), inBatches(records, size), options);
      const kept = records.filter(([count]) => count !== 3);
      assert.deepEqual(
        main,
        kept.flatMap(([count, at]) => [...upTo(count)].map((value): Timed => [value, at])),
      );
      assert.deepEqual(
        sides["dead"]?.map(([, at]) => at),
        [1, 5],
      );
    });
  }

  it("takes any iterable: arrays, strings, sets, generators", () => {
    const iterables: readonly Iterable<unknown>[] = [
      [1, 2],
      "ab",
      new Set([3]),
      (function* () {
        yield 4;
        yield 5;
      })(),
    ];
    const harness = new Harness(flatMapOperator("expand", (value) => iterables[value as number] ?? []));
    harness.batch([0, 0], [1, 1], [2, 2], [3, 3]);
    assert.deepEqual(harness.values, [1, 2, "a", "b", 3, 4, 5]);
  });

  it("says what it was given that is no iterable, and sets the record aside where it is asked to", () => {
    const one = flatMapOperator("expand", () => 1 as never);
    const message = /flatMap of "expand" threw: it gave 1: results come in an array, or another iterable/;
    assert.throws(() => new Harness(one).batch([0, 0]), { code: "USER_CODE", message });
    const aside = new Harness(one, { deadLetters: "dead" });
    aside.batch([0, 0]);
    assert.equal(aside.outcome.sides["dead"]?.length, 1);
  });

  it("hands long iterables on in batches, and loses none at full outputs", () => {
    const records: readonly Timed[] = [
      [MANY, 1],
      [0, 2],
      [MANY, 3],
    ];
    const { main } = verifyOperator(flatMapOperator("expand", upTo), inBatches(records, 3));
    assert.equal(main.length, 2 * MANY);
    assert.deepEqual(main.at(-1), [MANY - 1, 3]);
    const harness = new Harness(flatMapOperator("expand", upTo));
    harness.batch(...records);
    assert.ok(harness.batches >= (2 * MANY) / BATCH_RECORDS);
  });

  it("stops at a full output, and takes nothing more from the iterable until it is resumed", () => {
    let taken = 0;
    const endless = function* (): Iterable<number> {
      for (;;) yield taken++;
    };
    const harness = new Harness(flatMapOperator("endless", endless), { full: true });
    assert.equal(harness.begin({ kind: "batch", records: [[0, 0]] }), FULL);
    assert.equal(taken, BATCH_RECORDS);
    assert.equal(harness.resume(), FULL);
    assert.equal(harness.values.length, taken);
  });

  it("gives an endless iterable its share of work, again and again, and never more", () => {
    let taken = 0;
    const endless = function* (): Iterable<number> {
      for (;;) yield taken++;
    };
    const harness = new Harness(flatMapOperator("endless", endless), { slice: 2000 });
    let progress = harness.begin({ kind: "batch", records: [[0, 0]] });
    for (let turn = 1; turn <= 10; turn++) {
      assert.equal(progress, AGAIN);
      assert.ok(taken <= turn * (2000 + BATCH_RECORDS), "more than a share, and the batch it ended in");
      progress = harness.resume();
    }
    // What takes of it decides how much is made: here, whoever resumes.
    assert.deepEqual(
      harness.values,
      Array.from({ length: taken }, (_, index) => index),
    );
  });

  it("gives its share of work to many records that come to nothing, or to little", () => {
    const harness = new Harness(
      flatMapOperator("none", () => []),
      { slice: 10 },
    );
    harness.batch(...Array.from({ length: 1000 }, (_, index): Timed => [index, index]));
    assert.deepEqual(harness.values, []);
  });

  it("names itself when user code throws, in the function or in its iterable", () => {
    const message = 'Cannot go on: flatMap of "bad" threw: no';
    const throws = (): never => {
      throw new Error("no");
    };
    const later = function* (): Iterable<number> {
      yield 1;
      throws();
    };
    for (const expand of [throws, later]) {
      const harness = new Harness(flatMapOperator("bad", expand));
      assert.throws(() => harness.batch([1, 0]), { code: "USER_CODE", message });
    }
    const harness = new Harness(flatMapOperator("bad", (() => 5) as never));
    assert.throws(() => harness.batch([1, 0]), { code: "USER_CODE" });
  });
});
