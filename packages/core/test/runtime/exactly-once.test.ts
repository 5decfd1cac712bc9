/** The same jobs on both hosts, at every parallelism, fused and not, through crashes: always what plain loops give. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { run, type RunOptions } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { thinned } from "../width.ts";
import { type Crashes, crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { suiteJobs } from "./pipelines.ts";
import type { SuiteJob } from "./suite-job.ts";

type SuiteRun = Pick<RunOptions, "host" | "parallelism" | "fuse" | "channelRecords" | "checkpoint" | "until">;

const HOSTS = ["local", bytesHost] as const;

function sorted(rows: readonly string[]): readonly string[] {
  return rows.toSorted();
}

async function runSuiteJob(
  job: SuiteJob,
  options: SuiteRun,
  crashes: Crashes,
  slow: boolean = false,
): Promise<readonly string[]> {
  const ledger = ledgerSink<string>(slow ? { fullAt: 2 } : {});
  const pipeline = job.build({ sink: ledger.sink, pass: crashes.pass });
  const result = await run(pipeline, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "3ms" },
    restart: { attempts: 5, delay: "2ms" },
    trace: crashes.trace,
    ...options,
  }).finished;
  assert.equal(result.outcome, "finished");
  assert.equal(result.metrics.restarts, crashes.thrown);
  return sorted(ledger.rows);
}

/** Parallelisms, each with and without stages that are fused. */
function shapes(...parallelisms: readonly number[]): readonly (readonly [parallelism: number, fuse: boolean])[] {
  return parallelisms.flatMap((parallelism) => [[parallelism, true] as const, [parallelism, false] as const]);
}

for (const [at, host] of HOSTS.entries()) {
  for (const [turn, job] of suiteJobs.entries()) {
    test(`run: ${job.name}, host ${String(host)}: fused or not, at any parallelism, the rows are those of plain loops (RUN-01, TR-01)`, async () => {
      for (const [parallelism, fuse] of thinned(shapes(1, 2, 3), turn + at)) {
        const rows = await runSuiteJob(job, { host, parallelism, fuse }, crashesAfter());
        assert.deepEqual(rows, sorted(job.expected(parallelism)), `at parallelism ${parallelism}, fuse ${fuse}`);
      }
    });

    test(`run: ${job.name}, host ${String(host)}: every row is committed once through three crashes`, async () => {
      for (const [parallelism, fuse] of thinned(shapes(1, 3), turn + at)) {
        const crashes = crashesAfter(0, 1, 3);
        const rows = await runSuiteJob(job, { host, parallelism, fuse }, crashes);
        assert.deepEqual(rows, sorted(job.expected(parallelism)), `at parallelism ${parallelism}, fuse ${fuse}`);
        assert.equal(crashes.thrown, 3);
      }
    });

    test(`run: ${job.name}, host ${String(host)}: channels of one record and a slow sink change nothing`, async () => {
      const options: SuiteRun = { host, parallelism: 2, channelRecords: 1 };
      const rows = await runSuiteJob(job, options, crashesAfter(2), true);
      assert.deepEqual(rows, sorted(job.expected(2)));
    });

    test(`run: ${job.name}, host ${String(host)}: without periodic checkpoints everything is committed at the end`, async () => {
      const crashes = crashesAfter();
      const rows = await runSuiteJob(job, { host, parallelism: 2, checkpoint: { interval: "none" } }, crashes);
      assert.deepEqual(rows, sorted(job.expected(2)));
      assert.equal(crashes.events.filter(({ kind }) => kind === "checkpoint-completed").length, 1);
    });
  }
}
