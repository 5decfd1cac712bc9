import assert from "node:assert/strict";
import { test } from "node:test";

import { areMany, planFold, planMerge } from "../../../src/state/segments/fold-plan.ts";

const CHAIN_MAX = 4;

/** What is folded of layers of these sizes, each with entries of one byte. */
function folded(sizes: readonly number[], covered: readonly number[] = []): readonly number[] | undefined {
  const layers = sizes.map((sizeBytes, at) => ({ sizeBytes, entries: sizeBytes, coveredBytes: covered[at] ?? 0 }));
  const plan = planFold(layers, CHAIN_MAX);
  return plan === undefined ? undefined : [plan.start, plan.end];
}

test("planFold: the oldest layer is rewritten when the newer ones weigh as much, another one at three times as much", () => {
  assert.equal(folded([]), undefined);
  assert.equal(folded([100]), undefined);
  assert.equal(folded([100, 99]), undefined);
  assert.deepEqual(folded([100, 100]), [0, 2]);
  assert.equal(folded([1_000, 100, 299]), undefined);
  assert.deepEqual(folded([1_000, 100, 300]), [1, 3]);
  assert.deepEqual(folded([1_000, 500, 10, 30]), [2, 4]);
});

test("planFold: deletes weigh what they take away, and small changes what the entries of the oldest layer weigh", () => {
  assert.equal(folded([1_000, 10]), undefined);
  assert.deepEqual(folded([1_000, 10], [0, 990]), [0, 2]);
  const layers = [
    { sizeBytes: 1_000, entries: 10, coveredBytes: 0 },
    { sizeBytes: 10, entries: 10, coveredBytes: 0 },
  ];
  assert.deepEqual(planFold(layers, CHAIN_MAX), { start: 0, end: 2 });
});

test("planFold: a chain that has become too long is folded in any case, its newer half", () => {
  const falling = [10_000, 4_000, 1_500, 600];
  assert.equal(folded(falling), undefined);
  assert.deepEqual(folded([...falling, 250]), [2, 5]);
  assert.deepEqual(folded([...falling, 250, 100]), [3, 6]);
});

test("planFold: no layer is folded alone, however short the chain is to be", () => {
  for (const chainMax of [0, 1, 2, 3]) {
    for (let layers = 2; layers < 6; layers++) {
      const falling = Array.from({ length: layers }, (_, at) => 10 ** (9 - at));
      const plan = planFold(
        falling.map((sizeBytes) => ({ sizeBytes, entries: sizeBytes, coveredBytes: 0 })),
        chainMax,
      );
      const most = layers > chainMax ? { start: Math.min(layers >> 1, layers - 2), end: layers } : undefined;
      assert.deepEqual(plan, most, `${layers} layers, at most ${chainMax}`);
    }
  }
});

test("planMerge: all become one from that layer on which weighs least beside those after it", () => {
  assert.equal(planMerge([]), undefined);
  assert.equal(planMerge([4]), undefined);
  assert.deepEqual(planMerge([100, 40]), { start: 0, end: 2 });
  assert.deepEqual(planMerge([4, 4, 4, 4]), { start: 0, end: 4 });
  assert.deepEqual(planMerge([32, 4, 4, 4, 4]), { start: 1, end: 5 });
  assert.deepEqual(planMerge([32, 28, 28, 40]), { start: 0, end: 4 });
  assert.deepEqual(planMerge([0, 0, 0]), { start: 0, end: 3 });
});

test("planMerge: each byte is written again few times, however much is spilled", () => {
  const spilledMax = 12;
  for (const [spills, most] of [
    [10, 1],
    [30, 1.2],
    [100, 2.5],
    [1_000, 4.5],
    [10_000, 8],
  ] as const) {
    let layers: number[] = [];
    let written = 0;
    for (let spill = 0; spill < spills; spill++) {
      layers.push(1);
      while (areMany(layers.length, spilledMax)) {
        const { start, end } = planMerge(layers) ?? assert.fail("nothing to merge");
        const size = layers.slice(start, end).reduce((sum, each) => sum + each, 0);
        layers = [...layers.slice(0, start), size, ...layers.slice(end)];
        written += size;
      }
    }
    assert.ok(written / spills <= most, `${written / spills} times at ${spills} spills`);
  }
});

test("areMany: leaves room for what is spilled while some are merged", () => {
  assert.deepEqual(
    [8, 9, 12].map((layers) => areMany(layers, 12)),
    [false, true, true],
  );
  assert.deepEqual(
    [1, 2].map((layers) => areMany(layers, 2)),
    [false, true],
  );
});
