/** The scenarios of backend-leveldb: jobs of the simulator on the real package, over a database that loses what it may. */
import { countingJob, jobScenario, regionsJob, type Scenario, timersJob, windowsJob } from "@tidemark/core/testing";
import { simLeveldb } from "@tidemark/backend-leveldb/testing";
import { unaligned } from "@tidemark/core";

const BUSY = { checkpoint: { interval: "20ms" }, channelRecords: 6 } as const;
const CALM = { checkpoint: { interval: "90ms" }, channelRecords: 6 } as const;

/** Counting and windows at parallelism 1 and 2, and timers that are moved to another number of subtasks by a restart; and barriers
 * that overtake what waits; two pipelines of which one fails now and then. */
export const levelScenarios: readonly Scenario[] = [
  jobScenario(countingJob(), simLeveldb(), { ...BUSY, parallelism: 2 }),
  jobScenario(windowsJob(), simLeveldb(), { ...BUSY, parallelism: 2 }),
  jobScenario(countingJob(), simLeveldb({ unsyncedLoss: "any" }), { ...BUSY, parallelism: 2 }),
  jobScenario(countingJob(), simLeveldb(), { ...CALM, parallelism: 1 }),
  jobScenario(windowsJob(), simLeveldb(), { ...CALM, parallelism: 1 }),
  jobScenario(timersJob({ records: 20 }), simLeveldb(), { ...BUSY, parallelism: [2, 1, 3] }),
  jobScenario(countingJob(), simLeveldb(), {
    ...BUSY,
    checkpoint: { ...BUSY.checkpoint, mode: unaligned },
    parallelism: [2, 3, 1],
  }),
  jobScenario(timersJob({ records: 20 }), simLeveldb(), { ...BUSY, parallelism: [2, 1], evictions: 0.3 }),
  jobScenario(regionsJob(), simLeveldb({ unsyncedLoss: "any" }), { ...BUSY, parallelism: 1 }),
  jobScenario(regionsJob(), simLeveldb(), { ...BUSY, parallelism: [2, 1], evictions: 0.3 }),
];
