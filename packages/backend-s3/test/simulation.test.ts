// runtimes: node24
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
// @boundaries-ignore a test of both packages together, and connectors do not need this one
import { fromArray, toArray } from "@tidemark/connectors/iterable";
import { type Pipeline, pipeline } from "@tidemark/core";
import {
  countingJob,
  describeSweep,
  jobScenario,
  regionsJob,
  type SimBackend,
  type SimObjectStoreOptions,
  simObjectStore,
  type SimRunOptions,
  simulate,
  sweepCrashPoints,
  type SweepOptions,
  windowsJob,
} from "@tidemark/core/testing";
import { simS3 } from "../src/testing/sim-s3.ts";
import { simBackend, smallBackend } from "./fixtures.ts";

const SEED = Number(env["SEED"] ?? 4);

const OPTIONS: SimRunOptions = { checkpoint: { interval: "60ms" }, channelRecords: 6 };

function s3In(name: string, options: SimObjectStoreOptions = {}): SimBackend {
  return {
    name,
    disk: false,
    prepare: (world) => {
      const store = simObjectStore(world, options);
      return (process) => simBackend(store, process);
    },
  };
}

/** With limits so small that a few checkpoints spill, fold, fill objects, and write in parts. */
function smallIn(name: string, options: SimObjectStoreOptions = {}): SimBackend {
  return {
    name,
    disk: false,
    prepare: (world) => {
      const store = simObjectStore(world, options);
      return (process) => smallBackend(store.client(process));
    },
  };
}

const small = smallIn("s3 in small pieces");
const smallAndLagging = smallIn("s3 in small pieces with lists that lag", { listLagMs: 2_000, pageSize: 2 });
const strong = s3In("s3");
const lagging = s3In("s3 with lists that lag", { listLagMs: 2_000, pageSize: 2 });

const sweeps: readonly [ReturnType<typeof jobScenario>, SweepOptions][] = [
  [
    jobScenario(countingJob(), strong, { ...OPTIONS, parallelism: 1 }),
    { seed: 1, failures: true, inFlight: true, stride: 4 },
  ],
  [jobScenario(windowsJob(), strong, { ...OPTIONS, parallelism: 2 }), { seed: 2, failures: true, stride: 5 }],
  [jobScenario(countingJob(), lagging, { ...OPTIONS, parallelism: 2 }), { seed: 3, inFlight: true, stride: 5 }],
  [jobScenario(countingJob(), small, { ...OPTIONS, parallelism: [2, 1] }), { seed: SEED, inFlight: true, stride: 5 }],
  [
    jobScenario(windowsJob(), smallAndLagging, { ...OPTIONS, parallelism: 2 }),
    { seed: SEED, failures: true, stride: 5 },
  ],
  [
    jobScenario(regionsJob({ records: 5, throwsAt: [6, 21] }), smallAndLagging, {
      ...OPTIONS,
      parallelism: [1, 2],
      restart: { attempts: 9, delay: "5ms" },
    }),
    { seed: SEED, failures: true, inFlight: true, stride: 37 },
  ],
];

test("simulate: a store that ignores conditions is refused before anything is read", async () => {
  const job = (): Pipeline => {
    const numbers = pipeline("numbers");
    numbers.source("in", fromArray<number>([])).sink("out", toArray().sink);
    return numbers;
  };
  const backend = simS3({ ignoresConditions: true });
  await assert.rejects(
    simulate(job, { backend, sources: { in: [1, 2, 3] }, seeds: 1 }),
    /the store does not keep If-Match and If-None-Match/,
  );
});

for (const [scenario, options] of sweeps) {
  test(`${scenario.name}: killed at its effects, and told of failures that were none, the output is exact`, async () => {
    const report = await sweepCrashPoints(scenario, options);
    assert.deepEqual(report.failures, [], describeSweep(report));
    assert.ok(report.checkpoints >= 2, describeSweep(report));
  });
}
