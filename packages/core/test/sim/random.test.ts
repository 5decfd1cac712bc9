import assert from "node:assert/strict";
import { test } from "node:test";
import { simRandom } from "../../src/testing/sim/random.ts";

test("simRandom gives the same numbers for the same seed, on every runtime", () => {
  const random = simRandom(1);
  assert.deepEqual(
    [random.below(1000), random.below(1000), random.below(1000), random.below(1000)],
    [563, 585, 895, 946],
  );
  assert.equal(random.drawn, 4);
});

test("simRandom tells seeds apart that differ in the high bits only", () => {
  assert.notEqual(simRandom(5).next(), simRandom(5 + 2 ** 40).next());
});

test("simRandom is roughly uniform", () => {
  const random = simRandom(7);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 10_000; draw++) counts[random.below(10)]!++;
  for (const count of counts) assert.ok(count > 850 && count < 1150, `${count} of 10,000`);
});

test("simRandom.fork draws nothing from its parent later", () => {
  const left = simRandom(3);
  const right = simRandom(3);
  const fork = left.fork();
  right.fork();
  for (let draw = 0; draw < 5; draw++) fork.next();
  assert.equal(left.next(), right.next());
});
