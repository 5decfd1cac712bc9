/** How fast the queries run. A run counts only if its rows are the oracle's. */
import { run, standardEnv } from "@tidemark/core";

import { partitionedSource } from "../../core/partitioned-source.ts";
import { type NexmarkEvent, nexmark } from "../generator/mod.ts";
import { checkAnswer, collect, type EventLog, type QueryName, type Row } from "../oracle/mod.ts";
import { QUERIES } from "../queries/mod.ts";
import { nexmarkJob, type Output } from "../run/job.ts";
import { Table } from "../run/table.ts";
import { openSetup, type SetupName } from "./setup.ts";

/** How densely the events lie in event time: ten million a second span moments, ten thousand span windows. */
export type ProfileName = "10M/s" | "10k/s";

export const PROFILES: Readonly<Record<ProfileName, number>> = { "10M/s": 10_000_000, "10k/s": 10_000 };

/** The events of a profile, made beforehand, and everything there is to know of them. */
export interface Workload {
  readonly profile: ProfileName;
  readonly events: readonly NexmarkEvent[];
  readonly log: EventLog;
}

/** One query, once, in one place. */
export interface Measured {
  readonly query: QueryName;
  readonly profile: ProfileName;
  readonly setup: SetupName;
  readonly events: number;
  readonly rows: number;
  readonly ms: number;
  /** Processor time of the process, all its threads. */
  readonly processorMs: number;
  readonly eventsPerSecond: number;
  readonly eventsPerSecondPerCore: number;
  readonly checkpoints: number;
}

/** Makes the events of a profile. */
export function workload(profile: ProfileName, count: number): Workload {
  const sequence = nexmark({ events: count, rate: PROFILES[profile], timing: "flink" });
  const events = Array.from({ length: count }, (_, offset) => sequence.at(offset));
  return { profile, events, log: collect(events) };
}

/**
 * Runs a query with a checkpoint each second, and compares what it has committed with the oracle.
 *
 * @throws {Error} if the rows differ.
 */
export async function measureQuery(query: QueryName, setupName: SetupName, work: Workload): Promise<Measured> {
  const setup = await openSetup(setupName);
  try {
    globalThis.gc?.();
    const job = nexmarkJob(query, { events: partitionedSource([work.events]), outOfOrder: "4s", rows: setup.sink });
    const processorBefore = process.cpuUsage();
    const started = performance.now();
    const { metrics } = await run(job, {
      backend: setup.backend,
      checkpoint: { interval: "1s" },
      restart: "none",
      env: standardEnv({ log: () => undefined }),
    }).finished;
    const ms = performance.now() - started;
    const { user, system } = process.cpuUsage(processorBefore);
    const processorMs = (user + system) / 1000;
    const outputs = await setup.outputs();
    check(query, setupName, outputs, work);
    const events = work.events.length;
    return {
      query,
      profile: work.profile,
      setup: setupName,
      events,
      rows: outputs.length,
      ms: Math.round(ms),
      processorMs: Math.round(processorMs),
      eventsPerSecond: Math.round((events * 1000) / ms),
      eventsPerSecondPerCore: Math.round((events * 1000) / processorMs),
      checkpoints: metrics.checkpoints.completed,
    };
  } finally {
    await setup.dispose();
  }
}

function check(query: QueryName, setup: SetupName, outputs: readonly Output[], { log, profile }: Workload): void {
  // By the clock on the wall: the windows are those of this run, and only the sum can be known.
  if (query === "q12") {
    const counted = outputs.reduce((sum, row) => sum + Number(row[1]), 0);
    if (counted === log.bids.length) return;
    throw new Error(`Cannot count a run of q12 (${setup}, ${profile}): it has ${counted} of ${log.bids.length} bids`);
  }
  const { missing, unexpected } = checkAnswer(query, tableOf(query, outputs), log);
  if (missing.length + unexpected.length === 0) return;
  throw new Error(
    `Cannot count a run of ${query} (${setup}, ${profile}): ${missing.length} rows are missing and ${unexpected.length} ` +
      `are not expected, such as ${missing[0] ?? unexpected[0]}`,
  );
}

/** The rows of a query, or the table that its changes come to. */
export function tableOf(query: QueryName, outputs: readonly Output[]): Iterable<Row> {
  if (QUERIES[query].kind === "append") return outputs as readonly Row[];
  const table = new Table();
  for (const [sign, row] of outputs as readonly (readonly [1 | -1, Row])[]) table.add(sign, row);
  return table.rows();
}
