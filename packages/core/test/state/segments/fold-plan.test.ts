import assert from "node:assert/strict";
import { test } from "node:test";

import { planFold } from "../../../src/state/segments/fold-plan.ts";

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
