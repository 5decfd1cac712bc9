// runtimes: node24
/** A job that moves with a savepoint, killed at every effect on the way. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  bytesHost,
  countingJob,
  describeSweep,
  savepointScenario,
  type Scenario,
  sweepCrashPoints,
  timersJob,
  windowsJob,
} from "@tidemark/core/testing";

import { memoryBackend } from "./scenarios.ts";

const OPTIONS = { checkpoint: { interval: "25ms" }, channelRecords: 6 } as const;
const BACKENDS = [memoryBackend, memoryBackend] as const;

const moves: readonly Scenario[] = [
  savepointScenario(countingJob({ splits: 4, records: 8 }), BACKENDS, { ...OPTIONS, parallelism: [2, 3] }),
  savepointScenario(windowsJob(), BACKENDS, { ...OPTIONS, parallelism: [1, 2] }),
  savepointScenario(timersJob({ records: 20 }), BACKENDS, { ...OPTIONS, parallelism: [3, 1], host: bytesHost }),
];

describe("a move with a savepoint", () => {
  for (const scenario of moves) {
    it(`${scenario.name}: no row is lost or doubled, wherever a process dies (SAV-04)`, async () => {
      const report = await sweepCrashPoints(scenario, { stride: 3 });
      assert.deepEqual(report.failures, [], describeSweep(report));
      assert.ok(report.effects > 50);
    });
  }

  it(`${moves[0]!.name}: what was under way may still take place, at once or late`, async () => {
    const report = await sweepCrashPoints(moves[0]!, { inFlight: true, stride: 3 });
    assert.deepEqual(report.failures, [], describeSweep(report));
  });

  it(`${moves[0]!.name}: effects that fail without the process dying change nothing`, async () => {
    const report = await sweepCrashPoints(moves[0]!, { crashes: false, failures: true, stride: 2 });
    assert.deepEqual(report.failures, [], describeSweep(report));
  });
});
