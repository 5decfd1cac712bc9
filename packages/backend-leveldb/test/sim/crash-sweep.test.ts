// runtimes: node24
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";

import { describeSweep, replay, sweepCrashPoints } from "@tidemark/core/testing";

import { levelScenarios } from "./scenarios.ts";

const SEED = Number(env["SEED"] ?? 1);
const RUNS = Number(env["RUNS"] ?? 1);
const SIM = env["SIM"];
/** The main job is killed at every effect, its variations at one in six, unless `SWEEP=every`. */
const STRIDE = env["SWEEP"] === "every" ? 1 : 6;
const MAIN_JOB = /^counting\/\w+\/p[12]$/;

if (SIM !== undefined) {
  test(`replay of ${SIM}`, async () => {
    const report = await replay(SIM, levelScenarios);
    assert.deepEqual(report.violations, [], report.tail.join("\n"));
  });
} else {
  for (const scenario of levelScenarios) {
    const stride = MAIN_JOB.test(scenario.name) ? 1 : STRIDE;
    const places = stride === 1 ? "every effect" : "every sixth effect";
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      test(`${scenario.name}, seed ${seed}: killed at ${places}, nothing is lost, doubled or wrong`, async (context) => {
        const report = await sweepCrashPoints(scenario, { seed, stride });
        context.diagnostic(describeSweep(report).split("\n", 1)[0]!);
        assert.ok(report.checkpoints >= 3, `only ${report.checkpoints} checkpoints`);
        assert.equal(report.failures.length, 0, describeSweep(report));
      });
    }
  }

  const [busiest] = levelScenarios;
  test(`${busiest!.name}: killed again while it recovers, nothing is lost, doubled or wrong`, async () => {
    const report = await sweepCrashPoints(busiest!, { seed: SEED, again: "once", stride: STRIDE });
    assert.equal(report.failures.length, 0, describeSweep(report));
  });

  test(`${busiest!.name}: a disk that fails without the process dying changes nothing`, async () => {
    const report = await sweepCrashPoints(busiest!, {
      seed: SEED,
      crashes: false,
      failures: true,
      stride: Math.ceil(STRIDE / 3),
    });
    assert.equal(report.failures.length, 0, describeSweep(report));
  });
}
