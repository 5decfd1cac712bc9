import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filterOperator } from "../../src/operators/filter.ts";
import { Harness, inBatches, type Timed, verifyOperator } from "./harness.ts";

const records = Array.from({ length: 10 }, (_, index): Timed => [index, 100 + index]);

describe("filterOperator", () => {
  for (const size of [1, 3, 10]) {
    it(`keeps the records that pass, with their times, in batches of ${size}`, () => {
      const { main } = verifyOperator(
        filterOperator("even", (value) => (value as number) % 2 === 0),
        inBatches(records, size),
      );
      assert.deepEqual(
        main,
        records.filter(([value]) => (value as number) % 2 === 0),
      );
    });
  }

  it("emits no batch when nothing passes", () => {
    const harness = new Harness(filterOperator("none", () => false));
    harness.batch(...records);
    assert.equal(harness.batches, 0);
  });

  it("names itself when user code throws", () => {
    const harness = new Harness(
      filterOperator("picky", () => {
        throw new Error("no");
      }),
    );
    assert.throws(() => harness.batch([1, 0]), {
      code: "USER_CODE",
      message: 'Cannot go on: filter of "picky" threw: no',
    });
  });
});
