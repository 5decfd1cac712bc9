/** How long a record takes from when it was due until its result reaches the sink. */
import { constants, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";

import { memory } from "@tidemark/backend-memory";
import { run } from "@tidemark/core";

import type { Tally } from "../core/checksum-sink.ts";
import { countJob, countLoop } from "../core/computations/count.ts";
import { partitionedSource } from "../core/partitioned-source.ts";
import type { Sale } from "../core/sales.ts";
import { Histogram } from "./histogram.ts";
import { dueMs, type Schedule, schedule, scheduledSource } from "./scheduled-source.ts";

/** Percentiles of something, in milliseconds. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p9999Ms: number;
  readonly maxMs: number;
}

/** How often a checkpoint is taken: with `"none"` there is only the last one. */
export const CHECKPOINTS = ["none", "1s"] as const;

/** One run. */
export interface Latency extends Percentiles {
  readonly checkpoints: (typeof CHECKPOINTS)[number];
  readonly checkpointsCompleted: number;
  readonly samples: number;
  /** Pauses of the collector within the run. */
  readonly collections: {
    readonly minor: number;
    readonly major: number;
    readonly maxMs: number;
    readonly sumMs: number;
  };
  /** How late timers of the event loop came. */
  readonly loopDelay: { readonly p99Ms: number; readonly maxMs: number };
}

/**
 * How many records the job takes each second when all of them are there at once.
 *
 * @throws {Error} if its results are wrong.
 */
export async function capacity(sales: readonly Sale[]): Promise<number> {
  const { job, out } = countJob(partitionedSource([sales]));
  globalThis.gc?.();
  const startedAt = performance.now();
  await run(job, { backend: memory(), checkpoint: { interval: "1s" } }).finished;
  const seconds = (performance.now() - startedAt) / 1_000;
  requireSame(out.committed(), countLoop(sales, sales.length));
  return sales.length / seconds;
}

/**
 * Runs the job over records that come on a schedule, whether it keeps up or not.
 *
 * @throws {Error} if its results are wrong.
 */
export async function measureLatency(
  sales: readonly Sale[],
  options: {
    readonly recordsPerSecond: number;
    readonly seconds: number;
    readonly checkpoints: Latency["checkpoints"];
  },
): Promise<Latency> {
  const { checkpoints, recordsPerSecond, seconds } = options;
  const plan = schedule(recordsPerSecond, Math.max(1, Math.floor(recordsPerSecond * seconds)));
  const saleAt = (index: number): Sale => sales[index % sales.length] as Sale;
  const latencies = new Histogram();
  const { job, out } = countJob(scheduledSource(plan, saleAt), timer(plan, latencies));
  globalThis.gc?.();
  const stop = watch();
  const { metrics } = await run(job, { backend: memory(), checkpoint: { interval: checkpoints } }).finished;
  const watched = stop();
  requireSame(out.committed(), countLoop(scheduled(plan, saleAt), plan.records));
  if (latencies.samples !== plan.records) {
    throw new Error(`Cannot count this run: ${latencies.samples} of ${plan.records} records were timed`);
  }
  return {
    checkpoints,
    checkpointsCompleted: metrics.checkpoints.completed,
    samples: latencies.samples,
    p50Ms: latencies.percentileUs(0.5) / 1_000,
    p99Ms: latencies.percentileUs(0.99) / 1_000,
    p9999Ms: latencies.percentileUs(0.9999) / 1_000,
    maxMs: latencies.greatestUs / 1_000,
    ...watched,
  };
}

/** The records of a schedule one by one: a list of them all would be the largest thing in memory. */
function* scheduled(plan: Schedule, saleAt: (index: number) => Sale): Generator<Sale, void, undefined> {
  for (let index = 0; index < plan.records; index++) yield saleAt(index);
}

function requireSame(found: Tally, expected: Tally): void {
  if (found.results === expected.results && found.checksum === expected.checksum) return;
  throw new Error(`Cannot count this run: it gave ${JSON.stringify(found)}, and the loop ${JSON.stringify(expected)}`);
}

/** Notes when results reach the sink. They come in the order of the records: there is one subtask. */
function timer(plan: Schedule, latencies: Histogram): (results: number) => void {
  let index = 0;
  return (results) => {
    const elapsedMs = performance.now() - (plan.startedAt ?? 0);
    for (let i = 0; i < results; i++) latencies.record(Math.round((elapsedMs - dueMs(plan, index++)) * 1_000));
  };
}

/** Watches the collector and the event loop until it is called off. */
function watch(): () => Pick<Latency, "collections" | "loopDelay"> {
  const pauses: { readonly kind: number; readonly ms: number }[] = [];
  const note = (entries: readonly { readonly duration: number; readonly detail?: unknown }[]): void => {
    for (const { duration, detail } of entries) {
      pauses.push({ kind: (detail as { readonly kind: number }).kind, ms: duration });
    }
  };
  const observer = new PerformanceObserver((list) => {
    note(list.getEntries());
  });
  observer.observe({ entryTypes: ["gc"] });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  return () => {
    delay.disable();
    note(observer.takeRecords());
    observer.disconnect();
    const minor = pauses.filter(({ kind }) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length;
    const durations = pauses.map(({ ms }) => ms);
    return {
      collections: {
        minor,
        major: pauses.length - minor,
        maxMs: Math.max(0, ...durations),
        sumMs: durations.reduce((sum, ms) => sum + ms, 0),
      },
      loopDelay: { p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 },
    };
  };
}
