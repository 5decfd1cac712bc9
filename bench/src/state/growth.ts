/**
 * How long the event loop waits while a table grows, all of it in memory: no key comes twice, and no checkpoint is taken.
 *
 * @module
 */
import { constants, PerformanceObserver } from "node:perf_hooks";

import { memory } from "@tidemark/backend-memory";
import { emits, pipeline, run, standardEnv, valueState } from "@tidemark/core";

import { checksumSink } from "../core/checksum-sink.ts";
import { runApart } from "../apart.ts";
import { formatMachine, type Machine, machine } from "../machine.ts";
import type { Flags } from "./flags.ts";
import { touches } from "./touches.ts";
import { type Spread, TurnWatch } from "./turns.ts";

/** What the growth of a table came to. */
export interface Growth extends Machine {
  readonly benchmark: "state-growth";
  readonly keys: number;
  /** Processor time of all threads, in seconds. */
  readonly processorSeconds: number;
  /** Between two turns, in processor time of the thread. */
  readonly turnMs: Spread;
  /** The longest turn up to each tenth of the keys. */
  readonly longestMs: readonly number[];
  /** Of the young, and of everything; collections in steps and beside the thread count by what they stop it for. */
  readonly collections: { readonly minor: Collections; readonly major: Collections };
  readonly heapBytesPerKey: number;
}

/** Pauses of the collector of garbage. */
export interface Collections {
  readonly count: number;
  readonly longestMs: number;
}

/** As much as ten million keys need, and half as much again. */
const HEAP_MIB = 12_000;

/** Measures, prints a table, and with `--json` the same as one object on the last line. */
export async function growthBench({ keys: [keys = 0], here, json }: Flags): Promise<void> {
  const growth = here ? await measureGrowth(keys) : await measureApart(keys);
  console.log(formatGrowth(growth));
  if (json) console.log(JSON.stringify(growth));
}

async function measureApart(keys: number): Promise<Growth> {
  const report = await runApart({
    main: new URL("../main.ts", import.meta.url),
    programArguments: ["state", "--growth", "--here", "--json", "--keys", String(keys)],
    nodeFlags: ["--expose-gc", `--max-old-space-size=${HEAP_MIB}`],
  });
  return report as Growth;
}

async function measureGrowth(keys: number): Promise<Growth> {
  const heapBefore = liveHeapBytes();
  const collections = watchCollector();
  const startedAt = process.cpuUsage();
  const turns = new TurnWatch();
  const longestMs: number[] = [];
  const out = checksumSink<number>((sum, count) => (sum + count) | 0);
  const job = pipeline("bench growth");
  let grown = 0;
  let done: () => void = () => undefined;
  const isGrown = new Promise<void>((resolve) => (done = resolve));
  job
    .source("touches", touches({ from: 0, count: keys, isRead: false, keyAt: (index) => index }))
    .keyBy(({ key }) => key)
    .process("count", {
      state: { count: valueState(0) },
      emits: emits<number>(),
      onRecord(_, { state }) {
        state.count.update(state.count.get() + 1);
        grown++;
        if (grown === keys) done();
        if (grown >= ((longestMs.length + 1) * keys) / 10) longestMs.push(turns.longestMs);
      },
    })
    .sink("out", out.sink);
  // It ends by being cancelled, which the engine would tell.
  const env = standardEnv({ log: () => undefined });
  const handle = run(job, { backend: memory(), env, checkpoint: { interval: "none" } });
  // A last checkpoint would be another measurement.
  const ended = handle.finished.catch((error: unknown) => {
    if (grown < keys) throw error;
  });
  await Promise.race([isGrown, ended]);
  const turnMs = turns.stop().processor;
  const { user, system } = process.cpuUsage(startedAt);
  const paused = collections();
  const heapBytesPerKey = Math.round((liveHeapBytes() - heapBefore) / keys);
  handle.cancel();
  await ended;
  return {
    benchmark: "state-growth",
    ...machine(),
    keys,
    processorSeconds: (user + system) / 1e6,
    turnMs,
    longestMs,
    collections: paused,
    heapBytesPerKey,
  };
}

/** What the heap holds without its garbage, if the process was started with `--expose-gc`. */
function liveHeapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

interface Pause {
  readonly duration: number;
  readonly detail?: unknown;
}

/** Watches the collector until it is called off. */
function watchCollector(): () => Growth["collections"] {
  const minor = { count: 0, longestMs: 0 };
  const major = { count: 0, longestMs: 0 };
  const note = (pauses: readonly Pause[]): void => {
    for (const { duration, detail } of pauses) {
      const { kind } = detail as { readonly kind: number };
      const seen = kind === constants.NODE_PERFORMANCE_GC_MINOR ? minor : major;
      seen.count++;
      seen.longestMs = Math.max(seen.longestMs, duration);
    }
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  return () => {
    note(observer.takeRecords());
    observer.disconnect();
    return { minor, major };
  };
}

/** The report for people. */
export function formatGrowth(growth: Growth): string {
  const { keys, processorSeconds, turnMs, longestMs, collections, heapBytesPerKey } = growth;
  const { minor, major } = collections;
  const ms = (value: number): string => value.toFixed(1);
  return [
    `A table that grows to ${keys} keys in memory, ${formatMachine(growth)}`,
    "",
    `  processor time, s                                       ${processorSeconds.toFixed(1)}`,
    `  heap, bytes for each key                                ${heapBytesPerKey}`,
    `  turn in processor time, p50, p99 and longest, ms        ${[turnMs.p50, turnMs.p99, turnMs.max].map(ms).join(" ")}`,
    `  longest turn up to each tenth, ms                       ${longestMs.map(ms).join(" ")}`,
    `  collections of the young, and the longest, ms           ${minor.count} ${ms(minor.longestMs)}`,
    `  other collections, and their longest pause, ms          ${major.count} ${ms(major.longestMs)}`,
  ].join("\n");
}
