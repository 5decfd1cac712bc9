/** The scenarios of backend-leveldb: jobs of the simulator on the real package, over a database that loses what it may. */
import {
  countingJob,
  jobScenario,
  type Scenario,
  type SimBackend,
  sortedMedium,
  timersJob,
  windowsJob,
} from "@tidemark/core/testing";
import { leveldb } from "@tidemark/backend-leveldb";

import { FaultyLevel } from "./faulty-level.ts";

/** A disk in the world; each process opens it with a backend of its own. */
export const levelBackend: SimBackend = {
  name: "leveldb",
  disk: true,
  prepare: (world) => {
    const medium = sortedMedium(world);
    return (process) => leveldb("./state", { database: () => new FaultyLevel(process, medium) });
  },
};

const BUSY = { checkpoint: { interval: "20ms" }, channelRecords: 6 } as const;
const CALM = { checkpoint: { interval: "90ms" }, channelRecords: 6 } as const;

/** Counting and windows at parallelism 1 and 2, and timers that are moved to another number of subtasks by a restart. */
export const levelScenarios: readonly Scenario[] = [
  jobScenario(countingJob(), levelBackend, { ...BUSY, parallelism: 2 }),
  jobScenario(windowsJob(), levelBackend, { ...BUSY, parallelism: 2 }),
  jobScenario(countingJob(), levelBackend, { ...CALM, parallelism: 1 }),
  jobScenario(windowsJob(), levelBackend, { ...CALM, parallelism: 1 }),
  jobScenario(timersJob({ records: 20 }), levelBackend, { ...BUSY, parallelism: [2, 1, 3] }),
];
