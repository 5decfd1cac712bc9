/** How fast the queries run. A run counts only if its rows are the oracle's. */
import { memory } from "@tidemark/backend-memory";
import { toArray } from "@tidemark/connectors/iterable";
import { type JobHandle, run, standardEnv } from "@tidemark/core";

import { partitionedSource } from "../../core/partitioned-source.ts";
import { spreadOf, type Spread } from "../../statistics.ts";
import type { QueryName } from "../oracle/mod.ts";
import { nexmarkJob, type Output } from "../run/job.ts";
import { type Check, checkOf } from "./check.ts";
import { openSetup, type SetupName } from "./setup.ts";
import { beginningOf, type ProfileName, type Workload } from "./workload.ts";

/** What the runs of one query in one place came to. */
export interface Measured {
  readonly query: QueryName;
  readonly profile: ProfileName;
  readonly setup: SetupName;
  readonly events: number;
  readonly rows: number;
  readonly rounds: number;
  readonly ms: Spread;
  /** Processor time of the process, all its threads: collecting garbage and compiling beside the program counts. */
  readonly processorMs: Spread;
  readonly eventsPerSecond: Spread;
  readonly eventsPerSecondPerCore: Spread;
  /** Checkpoints in one run, the last one included. */
  readonly checkpoints: Spread;
}

/** How often a query runs in each place. */
export interface Effort {
  readonly rounds: number;
  /** No further round begins after the rounds of one place have taken so long. */
  readonly enoughMs: number;
}

interface Timed {
  readonly rows: number;
  readonly ms: number;
  readonly processorMs: number;
  readonly checkpoints: number;
}

const EVENTS_OF_STANDING_JOB = 2_000;
const SHARE_OF_WARM_UP = 5;
const OUT_OF_ORDER = "4s";

/**
 * Runs a query in places, a few times in each, with a checkpoint each second. A first run over fewer events is thrown
 * away: compiled code is part of a service that runs for long.
 *
 * @throws {Error} if committed rows are not the oracle's.
 */
export async function measureQuery(
  query: QueryName,
  work: Workload,
  options: {
    readonly setups: readonly SetupName[];
    readonly effort: Effort;
    readonly progress: (measured: Measured) => void;
  },
): Promise<readonly Measured[]> {
  const { setups, effort, progress } = options;
  const standing = standBy(query, work);
  const beginning = beginningOf(work, Math.ceil(work.events.length / SHARE_OF_WARM_UP));
  await runOnce(query, "memory", { work: beginning, check: checkOf(query, beginning) });
  const check = checkOf(query, work);
  const all: Measured[] = [];
  for (const setup of setups) {
    const runs: Timed[] = [];
    const startedAt = performance.now();
    do runs.push(await runOnce(query, setup, { work, check }));
    while (runs.length < effort.rounds && performance.now() - startedAt < effort.enoughMs);
    const measured = summarize(query, setup, { work, runs });
    progress(measured);
    all.push(measured);
  }
  standing.stop();
  await standing.finished;
  return all;
}

/**
 * A job that reads a few events and then waits, at no cost: while one lives, collecting garbage between two runs does not
 * take away what the compiler knows.
 */
function standBy(query: QueryName, work: Workload): JobHandle {
  const events = partitionedSource([work.events.slice(0, EVENTS_OF_STANDING_JOB)], { endless: true });
  const job = nexmarkJob(query, { events, outOfOrder: OUT_OF_ORDER, rows: toArray<Output>().sink });
  return run(job, { backend: memory(), checkpoint: { interval: "none" }, env: silent() });
}

function silent(): ReturnType<typeof standardEnv> {
  return standardEnv({ log: () => undefined });
}

async function runOnce(
  query: QueryName,
  setupName: SetupName,
  { work, check }: { readonly work: Workload; readonly check: Check },
): Promise<Timed> {
  const setup = await openSetup(setupName);
  try {
    const job = nexmarkJob(query, {
      events: partitionedSource([work.events]),
      outOfOrder: OUT_OF_ORDER,
      rows: setup.sink,
    });
    globalThis.gc?.();
    const processorBefore = process.cpuUsage();
    const startedAt = performance.now();
    const { metrics } = await run(job, {
      backend: setup.backend,
      checkpoint: { interval: "1s" },
      restart: "none",
      env: silent(),
    }).finished;
    const ms = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(processorBefore);
    const outputs = await setup.outputs();
    check(outputs);
    const processorMs = (user + system) / 1_000;
    return { rows: outputs.length, ms, processorMs, checkpoints: metrics.checkpoints.completed };
  } finally {
    await setup.dispose();
  }
}

function summarize(
  query: QueryName,
  setup: SetupName,
  { work, runs }: { readonly work: Workload; readonly runs: readonly Timed[] },
): Measured {
  const events = work.events.length;
  const of = (figure: (timed: Timed) => number): Spread => spreadOf(runs.map((timed) => Math.round(figure(timed))));
  return {
    query,
    profile: work.profile,
    setup,
    events,
    rows: runs[0]?.rows ?? 0,
    rounds: runs.length,
    ms: of(({ ms }) => ms),
    processorMs: of(({ processorMs }) => processorMs),
    eventsPerSecond: of(({ ms }) => (events * 1_000) / ms),
    eventsPerSecondPerCore: of(({ processorMs }) => (events * 1_000) / processorMs),
    checkpoints: of(({ checkpoints }) => checkpoints),
  };
}
