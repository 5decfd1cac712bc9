/** What becomes of a checkpoint that fails, and of the job: the one is given up, the other goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type AbortReason, isTidemarkError, pipeline, run, type TraceEvent } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { failingStore, type Refusal, slowManifests } from "./failing-store.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { suiteJobs } from "./pipelines.ts";
import { latch, until } from "./settle.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function reasonsIn(events: readonly TraceEvent[]): readonly AbortReason[] {
  return events.flatMap((event) => (event.kind === "checkpoint-aborted" ? [event.reason] : []));
}

const notTaken =
  (reason: AbortReason) =>
  (error: unknown): boolean =>
    isTidemarkError(error) && error.code === "CHECKPOINT_ABORTED" && error.details["reason"] === reason;

const acts: readonly (readonly ["write" | "seal" | "flush" | "manifest", AbortReason])[] = [
  ["write", "snapshot-failed"],
  ["seal", "snapshot-failed"],
  ["flush", "manifest-failed"],
  ["manifest", "manifest-failed"],
];

for (const [refused, reason] of acts) {
  test(`run: a ${refused} that fails and may be tried again costs the checkpoint, not the attempt (CFM-01, CFM-05, NOT-08, TRG-14)`, async () => {
    for (const job of suiteJobs) {
      const events: TraceEvent[] = [];
      const { sink, rows } = ledgerSink<string>();
      const refuses: Refusal = (act, epoch) => act === refused && epoch % 3 !== 0;
      const { metrics } = await run(job.build({ sink, pass: (value) => value }), {
        backend: failingStore(memory(), refuses),
        env: frozenEnv().env,
        parallelism: 2,
        channelRecords: 4,
        checkpoint: { interval: "2ms", tolerableFailures: 1_000 },
        restart: "none",
        trace: (event) => events.push(event),
      }).finished;
      assert.ok(metrics.checkpoints.completed >= 1);
      if (reasonsIn(events).length === 0) assert.ok(refused === "write" || refused === "seal", job.name);
      assert.ok(reasonsIn(events).every((found) => found === reason));
      assert.deepEqual(rows.toSorted(), job.expected(2).toSorted(), job.name);
    }
  });

  test(`run: what a ${refused} failed to store is there after a crash (NOT-08, COR-05)`, async () => {
    for (const job of suiteJobs) {
      const crashes = crashesAfter(1, 3);
      const { sink, rows } = ledgerSink<string>();
      const refuses: Refusal = (act, epoch) => act === refused && epoch % 2 === 1;
      await run(job.build({ sink, pass: crashes.pass }), {
        backend: failingStore(memory(), refuses),
        env: frozenEnv().env,
        parallelism: 2,
        channelRecords: 4,
        checkpoint: { interval: "2ms", tolerableFailures: 1_000 },
        restart: { delay: "1ms" },
        trace: crashes.trace,
      }).finished;
      assert.ok(crashes.thrown > 0, job.name);
      assert.deepEqual(rows.toSorted(), job.expected(2).toSorted(), job.name);
    }
  });
}

test("run: one failed checkpoint more in a row than tolerated fails the attempt (CFM-03)", async () => {
  const { sink, rows } = ledgerSink<number>();
  const events: TraceEvent[] = [];
  const job = pipeline("tolerance");
  job
    .source("numbers", pacedSource([numbers(60)]))
    .keyBy((n) => n)
    .reduce("sum", (sum, n) => sum + n)
    .sink("out", sink);
  let refusals = 0;
  const { metrics } = await run(job, {
    backend: failingStore(memory(), (act) => act === "seal" && ++refusals <= 2),
    env: frozenEnv().env,
    checkpoint: { interval: "2ms", tolerableFailures: 1 },
    restart: { delay: "1ms" },
    trace: (event) => events.push(event),
  }).finished;
  assert.equal(metrics.restarts, 1);
  const failed = events.find(({ kind }) => kind === "attempt-failed");
  assert.ok(failed?.kind === "attempt-failed" && failed.code === "CHECKPOINT_TOLERANCE");
  assert.deepEqual(
    rows.toSorted((a, b) => a - b),
    numbers(60),
  );
});

test("run: a failure that cannot be tried again fails the attempt, and is named (CFM-05)", async () => {
  const { sink } = ledgerSink<number>();
  const options = { backend: memory(), env: frozenEnv().env, checkpoint: { tolerableFailures: 9 } } as const;
  const twice = pipeline("broken");
  twice
    .source("numbers", pacedSource([[1, 1]]))
    .keyBy((n) => n)
    .reduce("sum", () => (() => 1) as unknown as number)
    .map(() => 1)
    .sink("out", sink);
  await assert.rejects(run(twice, options).finished, { code: "VALUE_UNSUPPORTED", message: /"sum"/ });
});

test("JobHandle.checkpoint: resolves once a checkpoint that began after the call is complete (COR-14, TRG-09, TRG-17)", async () => {
  const { env } = frozenEnv();
  const { sink } = ledgerSink<number>();
  const events: TraceEvent[] = [];
  const job = pipeline("on-demand");
  job.source("numbers", pacedSource([numbers(3)], { bounded: false })).sink("out", sink);
  const handle = run(job, {
    backend: memory(),
    env,
    checkpoint: { interval: "none" },
    trace: (event) => events.push(event),
  });
  const early = await handle.checkpoint();
  assert.ok(events.some((event) => event.kind === "head-written" && event.checkpointId === early.checkpointId));
  const [second, third] = await Promise.all([handle.checkpoint(), handle.checkpoint()]);
  assert.ok(second.checkpointId > early.checkpointId);
  assert.ok(third.checkpointId > early.checkpointId);
  assert.deepEqual(handle.metrics().checkpoints.last, third);
  handle.stop();
  await handle.finished;
  await assert.rejects(handle.checkpoint(), notTaken("shutdown"));
});

test("JobHandle.checkpoint: rejects with the reason, and the job goes on", async () => {
  const { env } = frozenEnv();
  const gate = latch();
  const ledger = ledgerSink<number>({ fullAt: 1, drain: () => gate.opened });
  const job = pipeline("slow");
  job.source("numbers", pacedSource([numbers(30)])).sink("out", ledger.sink);
  const handle = run(job, {
    backend: memory(),
    env,
    checkpoint: { interval: "none", timeout: "20ms", tolerableFailures: 5 },
  });
  await until(env, () => ledger.written > 0, "the sink is full");
  await assert.rejects(handle.checkpoint(), notTaken("expired"));
  gate.open();
  await handle.finished;
  assert.deepEqual(ledger.rows, numbers(30));
});

test("JobHandle.checkpoint: rejects when the attempt fails, and a later one works (TRG-08)", async () => {
  const { env } = frozenEnv();
  const crashes = crashesAfter(0);
  const gate = latch();
  const { sink, rows } = ledgerSink<number>();
  const job = pipeline("failing");
  job
    .source("numbers", pacedSource([numbers(30)], { hold: (_split, at) => (at < 10 ? undefined : gate.hold) }))
    .map(crashes.pass)
    .sink("out", sink);
  const handle = run(job, { backend: memory(), env, checkpoint: { interval: "none" }, restart: { delay: "5ms" } });
  await assert.rejects(handle.checkpoint(), notTaken("suspended"));
  await until(env, () => handle.metrics().restarts === 1, "the restart");
  gate.open();
  await handle.finished;
  assert.deepEqual(rows, numbers(30));
});

test("JobHandle.checkpoint: asked for while another one is being given up, it begins when that is done", async () => {
  const { env } = frozenEnv();
  const told: string[] = [];
  const gate = latch();
  const { sink } = ledgerSink<number>();
  const job = pipeline("asks-at-once");
  job
    .source("numbers", pacedSource([numbers(9)], { hold: (_split, at) => (at < 5 ? undefined : gate.hold) }))
    .keyBy((n) => n)
    .reduce("sum", (sum, n) => sum + n)
    .sink("out", sink);
  let refusals = 0;
  const handle = run(job, {
    backend: failingStore(memory(), (act) => act === "seal" && ++refusals === 1),
    env: { ...env, log: ({ message }) => void told.push(message) },
    checkpoint: { interval: "none", tolerableFailures: 9 },
    trace: ({ kind }) => {
      if (kind === "checkpoint-triggered" || kind === "checkpoint-aborted") told.push(kind);
      if (kind === "checkpoint-aborted") void handle.checkpoint();
    },
  });
  await assert.rejects(handle.checkpoint(), notTaken("snapshot-failed"));
  gate.open();
  await handle.finished;
  const begun = told.indexOf("checkpoint-triggered", told.indexOf("checkpoint-aborted"));
  const given = told.findIndex((text) => text.endsWith("was aborted: snapshot-failed"));
  assert.ok(given >= 0 && given < begun, told.join("; "));
});

test("run: of checkpoints that are given up no more manifests are being written than checkpoints may be under way", async () => {
  for (const maxConcurrent of [1, 3]) {
    const { env } = frozenEnv();
    const gate = latch();
    const { sink, rows } = ledgerSink<number>();
    const job = pipeline("slow-manifests");
    job
      .source("numbers", pacedSource([numbers(9)], { hold: (_split, at) => (at < 5 ? undefined : gate.hold) }))
      .sink("out", sink);
    const manifests = slowManifests(memory(), gate.opened);
    let expired = 0;
    const { finished } = run(job, {
      backend: manifests.backend,
      env,
      checkpoint: { interval: "2ms", timeout: "10ms", maxConcurrent, tolerableFailures: 1_000 },
      trace: (event) => {
        if (event.kind === "checkpoint-aborted" && event.reason === "expired") expired++;
      },
    });
    await until(env, () => expired >= 20, "twenty checkpoints expire");
    assert.equal(manifests.most, maxConcurrent);
    gate.open();
    await finished;
    assert.deepEqual(rows, numbers(9));
  }
});

test("run: with several checkpoints under way everything is still there once (TRG-04, COR-05)", async () => {
  for (const job of suiteJobs) {
    const crashes = crashesAfter(2, 6);
    const { sink, rows } = ledgerSink<string>();
    let together = 0;
    const open = new Set<number>();
    await run(job.build({ sink, pass: crashes.pass }), {
      backend: memory(),
      env: frozenEnv().env,
      parallelism: 2,
      channelRecords: 2,
      checkpoint: { interval: "1ms", maxConcurrent: 3 },
      restart: { delay: "1ms" },
      trace: (event) => {
        crashes.trace(event);
        if (event.kind === "attempt-started") open.clear();
        if (event.kind === "checkpoint-triggered") open.add(event.checkpointId);
        if (event.kind === "checkpoint-completed") open.delete(event.checkpointId);
        together = Math.max(together, open.size);
      },
    }).finished;
    assert.ok(crashes.thrown > 0, job.name);
    assert.ok(together > 1, `${job.name}: ${together} at a time`);
    assert.deepEqual(rows.toSorted(), job.expected(2).toSorted(), job.name);
  }
});
