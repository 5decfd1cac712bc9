/** Jobs that stop and go on at another parallelism, cut into other stages, or in very small runs. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { run, type RunOptions } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { atWidth } from "../width.ts";
import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { suiteJobs } from "./pipelines.ts";
import type { SuiteJob } from "./suite-job.ts";

type Leg = Pick<RunOptions, "parallelism" | "fuse" | "until">;

const HOSTS = ["local", bytesHost] as const;

/** Runs a job leg by leg on one backend, and then to its end. Answers the rows, and how many runs it took. */
async function inLegs(job: SuiteJob, legs: readonly Leg[], options: Partial<RunOptions>): Promise<readonly string[]> {
  const backend = memory();
  const ledger = ledgerSink<string>();
  const crashes = crashesAfter(1, 4);
  let now = 0;
  for (const leg of [...legs, { until: "end" } as const]) {
    const job_ = job.build({ sink: ledger.sink, pass: crashes.pass });
    const result = await run(job_, {
      backend,
      env: frozenEnv({ now }).env,
      checkpoint: { interval: "4ms" },
      restart: { attempts: 5, delay: "1ms" },
      trace: crashes.trace,
      ...options,
      ...leg,
    }).finished;
    now += 10_000;
    const last = leg.until === "end";
    if (last) assert.equal(result.outcome, "finished");
  }
  return ledger.rows.toSorted();
}

for (const host of HOSTS) {
  for (const job of suiteJobs.filter(({ name }) => name !== "broadcast")) {
    test(`run: ${job.name}, host ${String(host)}: goes on at another parallelism, 1 to 3 to 2 to 1 (RSC-07)`, async () => {
      const legs: readonly Leg[] = [
        { parallelism: 1, until: { records: 20 } },
        { parallelism: 3, until: { records: 30 } },
        { parallelism: 2, until: { records: 30 } },
      ];
      assert.deepEqual(await inLegs(job, legs, { host }), job.expected(1).toSorted());
    });

    test(`run: ${job.name}, host ${String(host)}: goes on when steps share stages otherwise than before (RES-06)`, async () => {
      const legs: readonly Leg[] = [
        { fuse: true, until: { records: 20 } },
        { fuse: false, until: { records: 20 } },
        { fuse: true, until: { records: 20 } },
        { fuse: false, parallelism: 2, until: { records: 20 } },
        { fuse: true, parallelism: 1, until: { records: 10 } },
      ];
      assert.deepEqual(await inLegs(job, legs, { host }), job.expected(1).toSorted());
    });
  }

  for (const job of suiteJobs.filter(({ name }) => name !== "broadcast")) {
    test(`run: ${job.name}, host ${String(host)}: many small runs in a row give what one run gives`, async () => {
      const legs = Array.from({ length: atWidth(45) }, (_, index): Leg => ({
        until: { records: 1 + (index % 3) },
        parallelism: 1 + (index % 2),
      }));
      assert.deepEqual(await inLegs(job, legs, { host }), job.expected(1).toSorted());
    });
  }
}
