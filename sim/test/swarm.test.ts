// runtimes: node24, deno, bun
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";

import { describeRun, replayLine, replayRun } from "../src/replay.ts";
import { runSeed } from "../src/run-seed.ts";
import { swarm } from "../src/swarm.ts";

/** Each runtime has seeds of its own. */
const [FIRST, SEEDS] = "Deno" in globalThis ? [201, 50] : "Bun" in globalThis ? [301, 50] : [1, 100];
const SEED = Number(env["SEED"] ?? FIRST);
const RUNS = Number(env["RUNS"] ?? SEEDS);

test(`the swarm finds nothing wrong in seeds ${SEED} to ${SEED + RUNS - 1}`, async (context) => {
  const stories: string[] = [];
  const totals = await swarm({
    seed: SEED,
    seeds: RUNS,
    isOver: () => false,
    shrinks: true,
    violationsMax: 3,
    progress: () => undefined,
    failed: (story) => stories.push(story),
  });
  assert.deepEqual(totals.violations, [], stories.join("\n"));
  assert.equal(totals.seeds, RUNS);
  assert.ok(totals.crashes >= RUNS / 2, `only ${totals.crashes} crashes`);
  assert.ok(totals.checkpoints >= 2 * RUNS, `only ${totals.checkpoints} checkpoints`);
  context.diagnostic(`${totals.crashes} crashes, ${totals.checkpoints} checkpoints, ${totals.virtualMs} virtual ms`);
});

test("a run is drawn by its seed alone, and its line repeats it", async () => {
  const report = await runSeed(SEED);
  const again = await replayRun(replayLine(report.trial));
  assert.equal(again.traceHash, report.traceHash);
  assert.match(describeRun(again), /replay: npm run sim -- --replay "seed=/);
});
