/** The scenarios of backend-leveldb: jobs of the simulator on the real package, over a database that loses what it may. */
import {
  countingJob,
  jobScenario,
  type Scenario,
  type SimBackend,
  type SimProcess,
  sortedMedium,
  timersJob,
  windowsJob,
} from "@tidemark/core/testing";
import { leveldb } from "@tidemark/backend-leveldb";

import { FaultyLevel } from "./faulty-level.ts";

/**
 * A disk in the world; each process opens it with a backend of its own. A power failure takes the newest batches, as it does
 * where older logs are synced and gaps cut off, and batches are synced once for each step of a checkpoint.
 */
export const levelBackend: SimBackend = {
  name: "leveldb",
  disk: true,
  prepare: (world) => {
    const medium = sortedMedium(world, { logBatches: Infinity });
    const database = (process: SimProcess) => (): FaultyLevel => new FaultyLevel(process, medium);
    return (process) => leveldb("./state", { database: database(process), unsyncedLoss: "newest" });
  },
};

/** As {@link levelBackend}. A power failure may take a batch and leave a later one, and every batch is synced. */
export const givenBackend: SimBackend = {
  name: "leveldb-given",
  disk: true,
  prepare: (world) => {
    const medium = sortedMedium(world, { logBatches: 2 });
    return (process) => leveldb("./state", { database: () => new FaultyLevel(process, medium) });
  },
};

const BUSY = { checkpoint: { interval: "20ms" }, channelRecords: 6 } as const;
const CALM = { checkpoint: { interval: "90ms" }, channelRecords: 6 } as const;

/** Counting and windows at parallelism 1 and 2, and timers that are moved to another number of subtasks by a restart; and barriers
 * that overtake what waits. */
export const levelScenarios: readonly Scenario[] = [
  jobScenario(countingJob(), levelBackend, { ...BUSY, parallelism: 2 }),
  jobScenario(windowsJob(), levelBackend, { ...BUSY, parallelism: 2 }),
  jobScenario(countingJob(), givenBackend, { ...BUSY, parallelism: 2 }),
  jobScenario(countingJob(), levelBackend, { ...CALM, parallelism: 1 }),
  jobScenario(windowsJob(), levelBackend, { ...CALM, parallelism: 1 }),
  jobScenario(timersJob({ records: 20 }), levelBackend, { ...BUSY, parallelism: [2, 1, 3] }),
  jobScenario(countingJob(), levelBackend, {
    ...BUSY,
    checkpoint: { ...BUSY.checkpoint, mode: "unaligned" },
    parallelism: [2, 3, 1],
  }),
  jobScenario(timersJob({ records: 20 }), levelBackend, { ...BUSY, parallelism: [2, 1], evictions: 0.3 }),
];
