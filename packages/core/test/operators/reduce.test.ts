import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reduceOperator } from "../../src/operators/reduce.ts";
import { runBetween } from "./atomic-runs.ts";
import { Harness, inBatches, type Timed, verifyOperator } from "./harness.ts";

interface Item {
  readonly key: string;
  readonly n: number;
}

const sum = reduceOperator(
  "sum",
  (value) => (value as Item).key,
  (total, value) => ({ key: (value as Item).key, n: (total as Item).n + (value as Item).n }),
);

const records = Array.from({ length: 30 }, (_, index): Timed => [{ key: `k${index % 4}`, n: index }, index]);

/** The running sums, by a plain loop. */
function running(timed: readonly Timed[]): readonly Timed[] {
  const totals = new Map<string, number>();
  return timed.map(([value, timestamp]) => {
    const { key, n } = value as Item;
    const total = (totals.get(key) ?? 0) + n;
    totals.set(key, total);
    return [{ key, n: total }, timestamp];
  });
}

describe("reduceOperator", () => {
  for (const size of [1, 4, 30]) {
    it(`emits the running result of each key, in batches of ${size}`, () => {
      assert.deepEqual(verifyOperator(sum, inBatches(records, size)).main, running(records));
    });
  }

  it("emits the first record of a key as it is, without calling the user", () => {
    const harness = new Harness(
      reduceOperator(
        "r",
        (value) => value as string,
        () => assert.fail("called"),
      ),
    );
    harness.batch(["a", 1], ["b", 2]);
    assert.deepEqual(harness.values, ["a", "b"]);
  });

  it("refuses a function that gives nothing for two records, and names itself", () => {
    const harness = new Harness(
      reduceOperator(
        "r",
        () => "key",
        () => undefined,
      ),
    );
    assert.throws(() => harness.batch([1, 0], [2, 0]), {
      code: "USER_CODE",
      message:
        'Cannot go on: reduce of "r" threw: it gave undefined for two records. Return what they come to, or null',
    });
  });

  it("keeps an undefined result for a result where a record is undefined", () => {
    let calls = 0;
    const harness = new Harness(
      reduceOperator(
        "r",
        () => "key",
        (_result, value) => {
          calls++;
          return value;
        },
      ),
    );
    harness.batch([1, 0], [undefined, 0], [3, 0]);
    assert.deepEqual(harness.values, [1, undefined, 3]);
    assert.equal(calls, 2);
  });

  it("sets records aside for which its function gives nothing, and goes on from the result before", () => {
    const factory = reduceOperator(
      "r",
      () => "key",
      (sum, value) => (value === 2 ? undefined : (sum as number) + (value as number)),
    );
    const { main, letters } = runBetween(factory, [{ kind: "batch", records: [1, 2, 3].map((n) => [n, 0]) }], [], {
      full: false,
      slice: 3,
    });
    assert.deepEqual(main, [
      [1, 0],
      [4, 0],
    ]);
    assert.equal(letters.length, 1);
  });

  it("holds in a snapshot what results were at the barrier, though they are changed in place afterwards (COR-27)", () => {
    const harness = new Harness(
      reduceOperator(
        "r",
        () => "key",
        (total, value) => {
          (total as { n: number }).n += (value as { n: number }).n;
          return total;
        },
      ),
    );
    harness.batch([{ n: 1 }, 0]);
    const cut = harness.cut();
    harness.batch([{ n: 10 }, 0]);
    const again = harness.restored(harness.write(cut));
    again.batch([{ n: 100 }, 0]);
    assert.deepEqual(again.values, [{ n: 101 }]);
  });

  it("refuses what can be no key, and names the place", () => {
    const harness = new Harness(
      reduceOperator(
        "r",
        () => [1, Number.NaN],
        (total) => total,
      ),
    );
    assert.throws(() => harness.batch([1, 0]), { code: "KEY_UNSUPPORTED" });
  });

  it("names itself when user code throws", () => {
    const harness = new Harness(
      reduceOperator(
        "r",
        () => 1,
        () => {
          throw new Error("no");
        },
      ),
    );
    assert.throws(() => harness.batch([1, 0], [2, 0]), {
      code: "USER_CODE",
      message: 'Cannot go on: reduce of "r" threw: no',
    });
  });
});
