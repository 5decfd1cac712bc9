import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mapOperator } from "../../src/operators/map.ts";
import { Harness, inBatches, type Timed, verifyOperator } from "./harness.ts";

const records = Array.from({ length: 10 }, (_, index): Timed => [index, 100 + index]);

describe("mapOperator", () => {
  for (const size of [1, 3, 10]) {
    it(`turns each record into another one at the same time, in batches of ${size}`, () => {
      const { main } = verifyOperator(
        mapOperator("map", (value) => (value as number) * 2),
        inBatches(records, size),
      );
      assert.deepEqual(
        main,
        records.map(([value, timestamp]) => [(value as number) * 2, timestamp]),
      );
    });
  }

  it("passes undefined on like any other value", () => {
    assert.deepEqual(
      verifyOperator(
        mapOperator("map", () => undefined),
        inBatches(records, 10),
      ).main.length,
      10,
    );
  });

  it("names itself when user code throws, and keeps what was thrown", () => {
    const thrown = new RangeError("no such number");
    const harness = new Harness(
      mapOperator("double", () => {
        throw thrown;
      }),
    );
    assert.throws(() => harness.batch([1, 0]), {
      code: "USER_CODE",
      message: 'Cannot go on: map of "double" threw: no such number',
      cause: thrown,
      details: { operator: "double", call: "map", record: "1", timestamp: 0 },
    });
  });
});
