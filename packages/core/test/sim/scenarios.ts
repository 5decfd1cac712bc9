/** The scenarios of core: jobs of the simulator on the memory backend. */
// @boundaries-ignore core's tests run on a backend that depends on core: declaring that would close a circle
import { simMemory } from "@tidemark/backend-memory/testing";
import {
  bytesHost,
  countingJob,
  deliveringJob,
  jobScenario,
  joinsJob,
  regionsJob,
  relayJob,
  type Scenario,
  type SimBackend,
  type SimRunOptions,
  timersJob,
  windowsJob,
} from "@tidemark/core/testing";
import { unaligned } from "@tidemark/core";

import { asyncJob } from "./async-job.ts";
import { holdingJob, pricingJob } from "./operator-state-jobs.ts";
import { poisonJob } from "./poison-job.ts";

/** The memory backend; each scenario begins with an empty one. */
export const memoryBackend: SimBackend = simMemory();

/** Channels and intervals are small, so that records wait everywhere when a barrier comes. */
const OPTIONS: SimRunOptions = { checkpoint: { interval: "20ms" }, channelRecords: 6 };

/** Barriers that overtake what waits. */
const OVERTAKING = { interval: "20ms", mode: unaligned } as const;

/** So often that a checkpoint begins while others are under way. */
const TOGETHER = { interval: "2ms", maxConcurrent: 5 } as const;

/**
 * Counting and windows at parallelism 1 and 2, once in the host that passes nothing but bytes, and timers that are moved
 * to another number of subtasks with each restart; then barriers that overtake, at once and after a while; then calls that are
 * under way when a barrier comes. Some once more
 * with entries that leave memory at random: over a store that reads at once, and through bytes, where every entry that is
 * missing has to be waited for. And a join of two streams.
 * Operator state and copies of broadcast state come back at another number of subtasks.
 * missing has to be waited for. And a join of two streams: its barriers overtake, and its rows leave memory. And records that
 * a step throws on and sets aside. Barriers between the timers of one watermark, where a subtask handles one at a time. And two pipelines that share nothing, of which one fails and restarts by itself.
 */
export const memoryScenarios: readonly Scenario[] = [
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, parallelism: 2 }),
  jobScenario(windowsJob(), memoryBackend, { ...OPTIONS, parallelism: 2 }),
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, checkpoint: { interval: "60ms" }, parallelism: 1 }),
  jobScenario(windowsJob(), memoryBackend, { ...OPTIONS, checkpoint: { interval: "60ms" }, parallelism: 1 }),
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, parallelism: 2, host: bytesHost }),
  jobScenario(timersJob(), memoryBackend, { ...OPTIONS, parallelism: [2, 3, 1] }),
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, checkpoint: OVERTAKING, parallelism: 2 }),
  jobScenario(windowsJob(), memoryBackend, {
    ...OPTIONS,
    checkpoint: { ...OVERTAKING, alignedTimeout: "5ms" },
    parallelism: 2,
  }),
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, checkpoint: OVERTAKING, parallelism: [3, 2, 1] }),
  jobScenario(relayJob(), memoryBackend, {
    ...OPTIONS,
    checkpoint: { ...OVERTAKING, interval: "12ms" },
    parallelism: 3,
    host: bytesHost,
    evictions: 0.2,
  }),
  jobScenario(countingJob({ splits: 4 }), memoryBackend, {
    checkpoint: TOGETHER,
    channelRecords: 2,
    parallelism: 2,
  }),
  jobScenario(deliveringJob(), memoryBackend, { ...OPTIONS, parallelism: 2 }),
  jobScenario(asyncJob({ keyed: false }), memoryBackend, { ...OPTIONS, parallelism: 1 }),
  jobScenario(asyncJob({ keyed: true }), memoryBackend, { ...OPTIONS, parallelism: [2, 3, 1] }),
  jobScenario(asyncJob({ keyed: false, order: "unordered" }), memoryBackend, {
    ...OPTIONS,
    checkpoint: { ...OVERTAKING, interval: "8ms" },
    parallelism: 2,
    host: bytesHost,
  }),
  jobScenario(countingJob(), memoryBackend, { ...OPTIONS, parallelism: 2, evictions: 0.3 }),
  jobScenario(timersJob(), memoryBackend, { ...OPTIONS, parallelism: [2, 3, 1], evictions: 0.3 }),
  jobScenario(timersJob(), memoryBackend, { ...OPTIONS, parallelism: 1, host: bytesHost, evictions: 0.3 }),
  jobScenario(timersJob(), memoryBackend, { ...OPTIONS, checkpoint: OVERTAKING, parallelism: 2, evictions: 0.3 }),
  jobScenario(timersJob({ keys: 9 }), memoryBackend, { ...OPTIONS, parallelism: [2, 3, 1], shareRecords: 1 }),
  jobScenario(timersJob({ keys: 9, records: 6 }), memoryBackend, {
    ...OPTIONS,
    checkpoint: OVERTAKING,
    parallelism: [2, 1, 3],
    shareRecords: 1,
    evictions: 0.3,
  }),
  jobScenario(windowsJob(), memoryBackend, {
    ...OPTIONS,
    checkpoint: { ...OVERTAKING, interval: "5ms" },
    parallelism: [2, 3],
    shareRecords: 1,
  }),
  jobScenario(joinsJob(), memoryBackend, {
    ...OPTIONS,
    checkpoint: { ...OVERTAKING, interval: "5ms" },
    parallelism: [2, 1],
    shareRecords: 1,
  }),
  jobScenario(poisonJob(), memoryBackend, {
    ...OPTIONS,
    checkpoint: OVERTAKING,
    parallelism: [2, 3, 1],
    evictions: 0.3,
  }),
  jobScenario(joinsJob(), memoryBackend, { ...OPTIONS, checkpoint: OVERTAKING, parallelism: [2, 1] }),
  jobScenario(holdingJob(), memoryBackend, { ...OPTIONS, checkpoint: OVERTAKING, parallelism: [1, 2] }),
  jobScenario(pricingJob("subtask"), memoryBackend, { ...OPTIONS, parallelism: [1, 2], host: bytesHost }),
  jobScenario(pricingJob("key"), memoryBackend, { ...OPTIONS, parallelism: [2, 1], evictions: 0.3 }),
  jobScenario(regionsJob(), memoryBackend, { ...OPTIONS, parallelism: 2 }),
  jobScenario(regionsJob(), memoryBackend, {
    ...OPTIONS,
    checkpoint: { ...OVERTAKING, interval: "8ms" },
    parallelism: [2, 1],
    host: bytesHost,
    evictions: 0.3,
  }),
];
