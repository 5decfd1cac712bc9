// runtimes: node24
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";

import { describeSweep, replay, sweepCrashPoints } from "@tidemark/core/testing";

import { memoryScenarios } from "./scenarios.ts";

const SEED = Number(env["SEED"] ?? 1);
const RUNS = Number(env["RUNS"] ?? 1);
const SIM = env["SIM"];
/** The main job is killed at every effect, its variations at one in six, unless `SWEEP=every`. */
const STRIDE = env["SWEEP"] === "every" ? 1 : 6;
const MAIN_JOB = /^counting\/\w+\/p[12]$/;
/** The runs of this one take the longest: half as many, and all of them where a bug is hunted. */
const LONGEST = /^relay\//;

function strideOf(name: string): number {
  if (STRIDE === 1 || MAIN_JOB.test(name)) return 1;
  return LONGEST.test(name) ? 2 * STRIDE : STRIDE;
}

if (SIM !== undefined) {
  test(`replay of ${SIM}`, async () => {
    const report = await replay(SIM, memoryScenarios);
    assert.deepEqual(report.violations, [], report.tail.join("\n"));
  });
} else {
  for (const scenario of memoryScenarios) {
    const stride = strideOf(scenario.name);
    const places = stride === 1 ? "every effect" : `one effect in ${stride}`;
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      test(`${scenario.name}, seed ${seed}: killed at ${places}, nothing is lost, doubled or wrong`, async (context) => {
        const report = await sweepCrashPoints(scenario, { seed, stride });
        context.diagnostic(describeSweep(report).split("\n", 1)[0]!);
        assert.ok(report.checkpoints >= 3, `only ${report.checkpoints} checkpoints`);
        assert.equal(report.failures.length, 0, describeSweep(report));
      });
    }
  }

  for (const scenario of memoryScenarios.filter(
    ({ name }) => name.startsWith("windows") && name.includes("unaligned"),
  )) {
    // Found a watermark in flight that was put back for a reader that had been given other splits (COR-08).
    test(`${scenario.name}, seed 4: watermarks in flight make no record late after a restart`, async () => {
      const report = await sweepCrashPoints(scenario, { seed: 4, stride: STRIDE });
      assert.equal(report.failures.length, 0, describeSweep(report));
    });
  }

  const [busiest] = memoryScenarios;
  test(`${busiest!.name}: effects that fail without the process dying change nothing`, async () => {
    const report = await sweepCrashPoints(busiest!, { seed: SEED, crashes: false, failures: true, reads: true });
    assert.equal(report.failures.length, 0, describeSweep(report));
  });

  test(`${busiest!.name}: effects that were in flight may take place as well, at once or late`, async () => {
    const report = await sweepCrashPoints(busiest!, { seed: SEED, inFlight: true, stride: Math.ceil(STRIDE / 2) });
    assert.equal(report.failures.length, 0, describeSweep(report));
  });
}
