/** Any job of the suite, run in any way, through any crashes: always what plain loops give. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import fc from "fast-check";

import { checkAsync } from "../bytes/property.ts";
import { crashesAfter } from "./crash.ts";
import { endsWithin } from "./ends-within.ts";
import { joiningJob } from "./joining-job.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { suiteJobs } from "./pipelines.ts";

/** What a run may take on its own clock, and how much later the next one begins. */
const LEG_MS = 100_000;

/** One run of several in a row: how far it goes, and how it is run. */
const leg = fc.record({
  records: fc.nat(60),
  parallelism: fc.integer({ min: 1, max: 4 }),
  fuse: fc.boolean(),
  host: fc.constantFrom("local" as const, bytesHost),
  channelRecords: fc.constantFrom(1, 2, 7, 4096),
  intervalMs: fc.integer({ min: 1, max: 30 }),
  timeoutMs: fc.constantFrom(8, 600_000),
  pick: fc.option(fc.array(fc.nat(7), { minLength: 1, maxLength: 20 })),
});

const life = fc.record({
  job: fc.constantFrom(joiningJob, ...suiteJobs.filter(({ name }) => name !== "broadcast")),
  legs: fc.array(leg, { minLength: 1, maxLength: 5 }),
  crashes: fc.array(fc.nat(8), { maxLength: 4 }),
  perPoll: fc.integer({ min: 1, max: 20 }),
  fullAt: fc.option(fc.integer({ min: 1, max: 10 }), { nil: Infinity }),
});

test("run: any sequence of runs, crashes and schedules commits every row once", async () => {
  await checkAsync(
    fc.asyncProperty(life, async ({ job, legs, crashes, perPoll, fullAt }) => {
      const backend = memory();
      const ledger = ledgerSink<string>({ fullAt });
      const failing = crashesAfter(...crashes.toSorted((a, b) => a - b));
      let now = 0;
      for (const [index, { records, intervalMs, timeoutMs, pick, ...options }] of legs.entries()) {
        let picks = 0;
        const { env } = frozenEnv({ now, seed: index });
        const leg = run(job.build({ sink: ledger.sink, pass: failing.pass, source: { perPoll } }), {
          backend,
          env,
          ...options,
          checkpoint: { interval: `${intervalMs}ms`, timeout: `${timeoutMs}ms`, tolerableFailures: 1_000_000 },
          restart: { attempts: 10, delay: "1ms" },
          trace: failing.trace,
          until: index === legs.length - 1 ? "end" : { records },
          ...(pick === null ? {} : { pick: (count: number) => (pick[picks++ % pick.length] as number) % count }),
        });
        await endsWithin(LEG_MS, env, leg);
        now += LEG_MS;
      }
      assert.deepEqual(ledger.rows.toSorted(), job.expected(1).toSorted());
    }),
    60,
  );
});
