import { simLeveldb } from "@tidemark/backend-leveldb/testing";
import { simMemory } from "@tidemark/backend-memory/testing";
import { simS3 } from "@tidemark/backend-s3/testing";
import {
  countingJob,
  type FaultPlan,
  faultsOf,
  formatPlan,
  jobScenario,
  runScenario,
  type Scenario,
  type ScenarioReport,
  timersJob,
  windowsJob,
} from "@tidemark/core/testing";
import { unaligned } from "@tidemark/core";

const BUSY = { checkpoint: { interval: "20ms" }, channelRecords: 6 } as const;
const OVERTAKING = { ...BUSY, checkpoint: { interval: "20ms", mode: unaligned } } as const;
const TINY = { splits: 2, records: 3, keys: 2 } as const;

/** Five small jobs: every kind of state, of barrier and of backend, and a restart on another number of subtasks. */
export const SWEPT: readonly Scenario[] = [
  jobScenario(countingJob({ splits: 4, records: 4 }), simMemory(), { ...BUSY, parallelism: 2 }),
  jobScenario(windowsJob(), simLeveldb(), { ...BUSY, parallelism: 2 }),
  jobScenario(timersJob(), simS3(), { ...BUSY, parallelism: [2, 1, 3] }),
  jobScenario(countingJob({ splits: 4, records: 4 }), simLeveldb({ unsyncedLoss: "any" }), {
    ...OVERTAKING,
    parallelism: 2,
  }),
  jobScenario(timersJob(), simMemory(), { ...OVERTAKING, parallelism: 2, evictions: 0.3 }),
];

/** Two that are killed twice, at every pair of places. */
export const SWEPT_TWICE: readonly Scenario[] = [
  jobScenario(countingJob(TINY), simMemory(), { ...BUSY, parallelism: 1 }),
  jobScenario(countingJob(TINY), simLeveldb(), { ...BUSY, parallelism: 1 }),
];

/** What the sweep of one job came to. */
export interface Swept {
  readonly job: string;
  /** Effects of the run without a fault. */
  readonly effects: number;
  readonly runs: number;
  readonly crashes: number;
  /** How often the process died in which state of the protocol: after which of its points. */
  readonly states: ReadonlyMap<string, number>;
  readonly violations: readonly { readonly plan: string; readonly found: readonly string[] }[];
}

/** Kills a job at every effect, before it, in the middle of it and after it without an answer. */
export async function sweepOnce(scenario: Scenario): Promise<Swept> {
  return await sweep(scenario, async (run) => {
    const { effects } = await run([]);
    for (const fault of faultsOf(effects, scenario.disk, { reads: true })) await run([fault]);
  });
}

/** Kills a job at every effect, and the process that is started then at each of its own. */
export async function sweepPairs(scenario: Scenario): Promise<Swept> {
  return await sweep(scenario, async (run) => {
    const { effects } = await run([]);
    for (const first of faultsOf(effects, false)) {
      const report = await run([first]);
      const second = report.effects.filter(({ incarnation }) => incarnation === 1);
      for (const fault of faultsOf(second, false)) await run([first, { ...fault, power: scenario.disk }]);
    }
  });
}

type Run = (plan: FaultPlan) => Promise<ScenarioReport>;

async function sweep(scenario: Scenario, all: (run: Run) => Promise<void>): Promise<Swept> {
  const states = new Map<string, number>();
  const violations: { readonly plan: string; readonly found: readonly string[] }[] = [];
  let [effects, runs, crashes] = [0, 0, 0];
  await all(async (plan) => {
    const report = await runScenario(scenario, 1, plan);
    runs++;
    crashes += report.crashes;
    if (plan.length === 0) effects = report.effects.length;
    for (const [name, count] of report.points) {
      const [, state] = /^fault \w+ after (.+)$/.exec(name) ?? [];
      if (state !== undefined) states.set(state, (states.get(state) ?? 0) + count);
    }
    if (report.violations.length > 0) {
      violations.push({ plan: formatPlan(plan), found: report.violations.slice(0, 3) });
    }
    return report;
  });
  return { job: scenario.name, effects, runs, crashes, states, violations };
}
