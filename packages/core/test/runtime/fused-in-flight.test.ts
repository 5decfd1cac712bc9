/** Records that were on their way between two steps which share a subtask after a restore. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Env, pipeline, type Pipeline, run, type RunOptions, sideOutput, unaligned } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling, type WindowResult } from "@tidemark/core/windows";

import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const KEYS = 7;
const TIMES = Array.from({ length: 1_200 }, (_, time) => time);
/** The first run reads so many, and leaves some of what they led to in flight. */
const READ = 400;
const SPLITS = [0, 1].map((split) => TIMES.filter((time) => time % 2 === split));

type Count = WindowResult<number, number>;

interface Outputs {
  readonly rows: LedgerSink<string>;
  readonly late: LedgerSink<number>;
}

/** Counts of ten milliseconds, and sums of those over fifty: the second step is slow to give out what it has. */
function counted({ rows, late }: Outputs): Pipeline {
  const job = pipeline("counted");
  const lateCounts = sideOutput<Count>("late");
  const sums = job
    .source("times", pacedSource(SPLITS, { perPoll: 8 }), { eventTime: (time) => time })
    .keyBy((time) => time % KEYS)
    .window("tens", tumbling("10ms"))
    .aggregate({ create: () => 0, add: (count) => count + 1, result: (count) => count })
    .keyBy(({ key }) => key)
    .window("fifties", tumbling("50ms"), { lateOutput: lateCounts })
    .aggregate({ create: () => 0, add: (sum, { value }: Count) => sum + value, result: (sum) => sum });
  sums.map(({ key, window, value }) => `${key}@${window.start}: ${value}`).sink("rows", rows.sink);
  sums
    .sideOutput(lateCounts)
    .map(({ value }) => value)
    .sink("late", late.sink);
  return job;
}

function expectedRows(): readonly string[] {
  const counts = new Map<string, number>();
  for (const time of TIMES) {
    const window = `${time % KEYS}@${Math.floor(time / 50) * 50}`;
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return [...counts].map(([window, count]) => `${window}: ${count}`);
}

/** Hands numbers on through three steps, of which the last marks those that come behind a later one. Each key is of one split. */
function handedOn({ rows }: Outputs): Pipeline {
  const keyOf = (time: number): number => time % (2 * KEYS);
  const job = pipeline("handed on");
  job
    .source("times", pacedSource(SPLITS, { perPoll: 8 }))
    .keyBy(keyOf)
    .reduce("first", (_, time) => time)
    .keyBy(keyOf)
    .reduce("second", (_, time) => time)
    .keyBy(keyOf)
    .reduce("third", (last, time) => (time < last ? -time : time))
    .map(String)
    .sink("rows", rows.sink);
  return job;
}

const drain = async ({ turn }: Env): Promise<void> => {
  for (let turns = 0; turns < 40; turns++) await turn();
};

/** Leaves records in flight at a parallelism of two, and goes on with one, where all steps share a subtask. */
async function runFused(build: (outputs: Outputs) => Pipeline, host: "local" | typeof bytesHost): Promise<Outputs> {
  const { env } = frozenEnv();
  const outputs: Outputs = { rows: ledgerSink({ fullAt: 2, drain }), late: ledgerSink() };
  const checkpoint = { interval: "1h", mode: unaligned } as const;
  const options: RunOptions = { backend: memory(), host, channelRecords: 16, checkpoint };
  const begun = run(build(outputs), { ...options, env, parallelism: 2 });
  begun.finished.catch(() => undefined);
  while (begun.metrics().recordsIn < READ) await env.turn();
  await begun.checkpoint();
  begun.cancel();
  await begun.finished.catch(() => undefined);
  await run(build(outputs), { ...options, env: frozenEnv().env, parallelism: 1 }).finished;
  return outputs;
}

for (const host of ["local", bytesHost] as const) {
  test(`run: what was in flight between two steps that share a subtask now comes before what the first had reached, host ${String(host)} (RSC-08, COR-18, COR-20)`, async () => {
    const { rows, late } = await runFused(counted, host);
    assert.deepEqual(late.rows, [], "nobody is late");
    assert.deepEqual(rows.rows.toSorted(), expectedRows().toSorted());
  });

  test(`run: what was in flight between steps that share a subtask now stays in order, host ${String(host)} (RSC-08, COR-18, COR-20)`, async () => {
    const { rows } = await runFused(handedOn, host);
    assert.deepEqual(rows.rows.toSorted(), TIMES.map(String).toSorted());
  });
}
