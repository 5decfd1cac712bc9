import assert from "node:assert/strict";
import { test } from "node:test";

import { countingJob, jobScenario, runScenario, simWorld, type SimOutcome, windowsJob } from "@tidemark/core/testing";

import { memoryBackend } from "./scenarios.ts";

const OPTIONS = { checkpoint: { interval: "20ms" }, channelRecords: 6, restart: "none" } as const;
const scenarios = [
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, parallelism: [2, 1] }),
  jobScenario(windowsJob(), memoryBackend, { ...OPTIONS, parallelism: [1, 2] }),
];

/** What an overtaken process may come to: it is told so, or had nothing left to do but to say so again. */
function isHarmless(outcome: SimOutcome): boolean {
  if (outcome.kind === "finished") return true;
  return outcome.kind === "failed" && (outcome.error as { code?: string }).code === "CHECKPOINT_FENCED";
}

for (const scenario of scenarios) {
  for (const thawAfter of [10, 60, Infinity]) {
    const when = thawAfter === Infinity ? "when all is over" : `after ${thawAfter} effects of its successor`;
    test(`${scenario.name}: a process that is held up, overtaken, and goes on ${when}, changes nothing (COR-16, HA-02)`, async () => {
      for (let freezeAt = 5; freezeAt < 80; freezeAt += 6) {
        const world = simWorld(freezeAt);
        const prepared = scenario.prepare(world);
        const zombie = world.spawn();
        zombie.start(() => prepared.launch(zombie));
        await world.runUntil(() => world.effects.length >= freezeAt || zombie.outcome.kind !== "running");
        zombie.freeze();
        const heir = world.spawn();
        heir.start(() => prepared.launch(heir));
        const thawAt = world.effects.length + thawAfter;
        await world.runUntil(() => world.effects.length >= thawAt || heir.outcome.kind !== "running");
        zombie.thaw();
        await world.runUntil(() => false);
        prepared.output.end();
        assert.deepEqual(world.violations, [], `frozen at effect ${freezeAt}`);
        assert.equal(heir.outcome.kind, "finished");
        assert.ok(isHarmless(zombie.outcome), `the zombie ended as ${JSON.stringify(zombie.outcome)}`);
      }
    });
  }
}

// What its successor had released was missing, and it said that the state was damaged.
test("a process that is overtaken while it recovers says so, wherever it stood still", async () => {
  const scenario = jobScenario(countingJob(), memoryBackend, { ...OPTIONS, parallelism: 2 });
  for (let at = 0; at < 16; at++) {
    const plan = [
      { at: 80, form: "before" },
      { at, form: "held", heldMs: 5000 },
    ] as const;
    const report = await runScenario(scenario, 1, plan);
    assert.deepEqual(report.violations, [], `held at effect ${at} of its recovery`);
  }
});
