// runtimes: node24
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// @boundaries-ignore one way of planting bugs serves all packages, and is part of none
import type { Edit } from "../../packages/core/test/sim/planted/bug.ts";
import { bugsOf, huntWithSwarm } from "../src/planted.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Those that few seeds find. `npm run sim -- --planted` hunts all of them. */
const QUICK = [
  "a checkpoint goes on with what a failed attempt of a region acknowledged",
  "a transaction that is not there is taken for settled",
  "a restore picks the newest manifest that is listed",
  "a reader takes its position for a number of records",
  "a reader hands out again what it is given again",
  "what barriers overtook stays in memory when it is written",
  "a savepoint that stops the job is told of before the job has ended",
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

test("every bug finds its place in the sources", () => {
  const placesOf = ({ file, find }: Edit): number => readFileSync(join(ROOT, file), "utf8").split(find).length - 1;
  for (const { name, edits } of bugsOf([])) {
    for (const edit of edits) assert.equal(placesOf(edit), 1, `"${name}" in ${edit.file}: bring the bug up to date`);
  }
});

test("bugsOf: those whose names hold one of the texts, or all", () => {
  assert.equal(bugsOf(QUICK).length, QUICK.length);
  assert.ok(bugsOf([]).length > QUICK.length);
  assert.deepEqual(bugsOf(["no bug has this name"]), []);
});
