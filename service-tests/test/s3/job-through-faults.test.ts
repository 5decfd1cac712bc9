/** A job that takes checkpoints all the time, with the proxy between it and the server. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ndjsonSink } from "@tidemark/connectors/file";
import { isTidemarkError, type JobHandle, run, standardEnv } from "@tidemark/core";
import { startFaultProxy } from "../../src/proxy/fault-proxy.ts";
import { sparesProbe } from "../../src/proxy/faults.ts";
import { backendAt } from "../../src/s3/backend-fixture.ts";
import { createBucket } from "../../src/s3/bucket.ts";
import { s3Place } from "../../src/s3/place.ts";
import { soakJob } from "../../src/soak/job.ts";
import { verdictOf, visibleLines } from "../../src/soak/oracle.ts";
import { soakSource } from "../../src/soak/source.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const RATE = 0.08;
/** Slow enough for many checkpoints. */
const BURST = 20;
const END = 40_000;

interface Setting {
  readonly output: string;
  readonly struck: Readonly<Record<string, number>>;
  /** The greatest number that was ever read. */
  reached(): number;
  /** Starts the job once more, as another process would. `completed` hears of each checkpoint. */
  start(end: number, completed?: () => void): JobHandle;
}

async function withFaults(test: (setting: Setting) => Promise<void>): Promise<void> {
  const place = s3Place();
  const bucket = await createBucket(place);
  const proxy = await startFaultProxy({ target: place.endpoint, seed: SEED, rate: RATE, spared: sparesProbe });
  const output = await mkdtemp(join(tmpdir(), "tidemark-faults-"));
  let reached = 0;
  const note = (n: number): void => void (reached = Math.max(reached, n));
  try {
    await test({
      output,
      struck: proxy.struck,
      reached: () => reached,
      start: (end, completed = () => undefined) =>
        run(soakJob(soakSource({ end, burst: BURST, reached: note }), ndjsonSink(output)), {
          backend: backendAt({ bucket, prefix: "job", endpoint: proxy.endpoint, requestTimeout: "2s" }),
          parallelism: 2,
          checkpoint: { interval: "20ms", tolerableFailures: 5 },
          restart: { attempts: 50, delay: "20ms" },
          trace: ({ kind }) => (kind === "checkpoint-completed" ? completed() : undefined),
          env: standardEnv({ log: () => undefined }),
        }),
    });
  } finally {
    await proxy.close();
    await bucket.remove();
    await rm(output, { recursive: true });
  }
}

test(`run: with one request in twelve struck, every row is there once, seed ${SEED}`, async () => {
  await withFaults(async ({ output, struck, start }) => {
    const { metrics } = await start(END).finished;
    assert.ok(metrics.checkpoints.completed >= 5, `${metrics.checkpoints.completed} checkpoints`);
    const { rows, ...verdict } = await verdictOf(visibleLines(output), END);
    assert.ok(rows > 1_000);
    assert.deepEqual(verdict, { lost: 0, doubled: 0, wrong: 0, examples: [] });
    assert.ok(Object.keys(struck).length >= 3, JSON.stringify(struck));
  });
});

test(`run: starts that take the job from each other through faults leave every row once, seed ${SEED}`, async () => {
  await withFaults(async ({ output, start, reached }) => {
    const ends: Promise<string>[] = [];
    for (let owner = 0; owner < 3; owner++) {
      const handle = await new Promise<JobHandle>((resolve) => {
        let completed = 0;
        const started = start(Infinity, () => (++completed === 2 ? resolve(started) : undefined));
      });
      // It goes on until it notices that another one has the job.
      ends.push(
        handle.finished.then(
          ({ outcome }) => outcome,
          (error: unknown) => (isTidemarkError(error) ? error.code : String(error)),
        ),
      );
    }
    const end = reached() + 4_000;
    await start(end).finished;
    assert.deepEqual(await Promise.all(ends), ["CHECKPOINT_FENCED", "CHECKPOINT_FENCED", "CHECKPOINT_FENCED"]);
    const { rows, ...verdict } = await verdictOf(visibleLines(output), end);
    assert.ok(rows > 1_000);
    assert.deepEqual(verdict, { lost: 0, doubled: 0, wrong: 0, examples: [] });
  });
});
