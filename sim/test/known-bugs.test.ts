// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import { bugsOf, huntWithSwarm } from "../src/planted.ts";

/** Those that few seeds find. `npm run sim -- --planted` hunts all of them. */
const QUICK = [
  "a checkpoint goes on with what a failed attempt of a region acknowledged",
  "a transaction that is not there is taken for settled",
  "a restore picks the newest manifest that is listed",
];
/** Many times as many as they take. */
const SEEDS_MAX = 1_000;

for (const bug of bugsOf(QUICK)) {
  test(`the swarm turns red when ${bug.name}`, async (context) => {
    const { seeds, found } = await huntWithSwarm(bug, SEEDS_MAX);
    assert.ok(seeds !== undefined, `not found in ${SEEDS_MAX} seeds`);
    context.diagnostic(`seed ${seeds}: ${found.split("\n", 1)[0]}`);
  });
}

test("bugsOf: those whose names hold one of the texts, or all", () => {
  assert.equal(bugsOf(QUICK).length, QUICK.length);
  assert.ok(bugsOf([]).length > QUICK.length);
  assert.deepEqual(bugsOf(["no bug has this name"]), []);
});
