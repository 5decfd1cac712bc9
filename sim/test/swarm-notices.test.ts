// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import { simRandom, type TrialReport } from "@tidemark/core/testing";

import { runSeed } from "../src/run-seed.ts";
import { swarm } from "../src/swarm.ts";
import type { Totals } from "../src/totals.ts";

const SOUND: TrialReport = await runSeed(1);

async function swarmOf(runs: (seed: number, before: number) => TrialReport, seeds = 200): Promise<[Totals, string[]]> {
  const stories: string[] = [];
  const done = new Map<number, number>();
  const totals = await swarm({
    seed: 1,
    seeds,
    isOver: () => false,
    shrinks: false,
    violationsMax: 2,
    progress: () => undefined,
    failed: (story) => stories.push(story),
    runSeed: async (seed) => {
      const before = done.get(seed) ?? 0;
      done.set(seed, before + 1);
      return runs(seed, before);
    },
  });
  return [totals, stories];
}

/** Seeds that are run twice. */
const TWICE = Array.from({ length: 200 }, (_, index) => index + 1).filter((seed) => simRandom(seed).below(50) === 0);

test("swarm: a sound run is counted, and nothing is said", async () => {
  const [totals, stories] = await swarmOf((seed) => ({ ...SOUND, trial: { seed, plan: [] } }));
  assert.deepEqual([totals.seeds, totals.violations, stories], [200, [], []]);
  assert.equal(totals.crashes, 200 * SOUND.crashes);
});

test("swarm: a second run that differs is a violation", async () => {
  const [totals] = await swarmOf((seed, before) => ({ ...SOUND, trial: { seed, plan: [] }, traceHash: `${before}` }));
  assert.deepEqual(
    totals.violations.map(({ seed, found }) => [seed, found]),
    TWICE.slice(0, 2).map((seed) => [seed, ["not deterministic: a second run of the same seed differs"]]),
  );
});

test("swarm: a run that is wrong is a violation with its line, and after the last that it may have it ends", async () => {
  const [totals, stories] = await swarmOf((seed) => ({
    ...SOUND,
    trial: { seed, plan: [] },
    violations: seed % 3 === 0 ? [`row ${seed} is lost`] : [],
  }));
  assert.deepEqual(
    totals.violations.map(({ seed, found, replay }) => [seed, found, replay]),
    [
      [3, ["row 3 is lost"], "seed=3;faults=none"],
      [6, ["row 6 is lost"], "seed=6;faults=none"],
    ],
  );
  assert.equal(totals.seeds, 6);
  assert.match(stories[0]!, /seed 3 on [^]*! row 3 is lost[^]*replay: npm run sim -- --replay "seed=3;faults=none"/);
});

test("swarm: a run that throws is a violation", async () => {
  const [totals, stories] = await swarmOf(() => {
    throw new Error("no such thing");
  });
  assert.deepEqual(totals.violations[0], { seed: 1, found: ["no run: Error: no such thing"], replay: "seed=1" });
  assert.equal(stories.length, 2);
});
