/** What a job says of its checkpoints and of its subtasks. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, type SubtaskName, type SubtaskReport, type TraceEvent } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { distributionOf } from "../../src/runtime/checkpoint-report.ts";
import { CheckpointTracker } from "../../src/runtime/checkpoint-tracker.ts";
import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function summing(sink: ReturnType<typeof ledgerSink<number>>["sink"], pass: (n: number) => number = (n) => n) {
  const job = pipeline("summing");
  job
    .source("numbers", pacedSource([numbers(120), numbers(120)]))
    .map(pass)
    .keyBy((n) => n % 5)
    .reduce("sum", (sum, n) => sum + n)
    .sink("out", sink);
  return job;
}

test("JobHandle.checkpoints: counts, summarises and details checkpoints, across restarts (STAT-01, STAT-02, STAT-03)", async () => {
  const crashes = crashesAfter(3);
  const { sink } = ledgerSink<number>();
  const handle = run(summing(sink, crashes.pass), {
    backend: memory(),
    env: frozenEnv().env,
    parallelism: 2,
    checkpoint: { interval: "3ms" },
    restart: { delay: "1ms" },
    trace: crashes.trace,
  });
  await handle.finished;
  const { counts, summary, latest, history } = handle.checkpoints();
  const completed = crashes.events.filter(({ kind }) => kind === "checkpoint-completed").length;
  const triggered = crashes.events.filter(({ kind }) => kind === "checkpoint-triggered").length;
  assert.deepEqual(counts, {
    restored: 1,
    total: triggered,
    inProgress: 0,
    completed,
    failed: triggered - completed,
  });
  assert.ok(summary !== undefined && summary.endToEndMs.min <= summary.endToEndMs.p50);
  assert.ok(summary.bytes.max > 0 && summary.inFlightBytes.max === 0);
  // Five keys with a sum each: what changes between two checkpoints is never more than all there is.
  assert.ok(summary.stateBytes !== undefined && summary.stateBytes.max >= summary.bytes.max);
  assert.equal(latest.completed?.stateBytes, summary.stateBytes.max);
  assert.equal(
    latest.completed.stateBytes,
    latest.completed.subtasks.reduce((sum, { stateBytes = NaN }) => sum + stateBytes, 0),
  );
  assert.ok(summary.processedRecords.max >= summary.processedRecords.p50);
  assert.equal(latest.completed?.status, "completed");
  assert.equal(latest.completed?.request, "final");
  assert.equal(latest.restored?.checkpointId, handle.metrics().restoredFrom);
  assert.equal(latest.restored?.savepoint, undefined);
  assert.ok(history.length <= 10);
  // One is retained, the last one.
  assert.deepEqual(
    history.filter(({ retained }) => retained).map(({ checkpointId }) => checkpointId),
    [latest.completed?.checkpointId],
  );
  assert.ok(history.some(({ checkpointId }) => checkpointId === latest.completed?.checkpointId));
});

test("JobHandle.checkpoints: has every phase of every subtask (STAT-04, STAT-05, STAT-06)", async () => {
  const { env } = frozenEnv();
  const gate = latch();
  const ledger = ledgerSink<number>({ fullAt: 30, drain: () => gate.opened });
  const handle = run(summing(ledger.sink), {
    backend: memory(),
    env,
    parallelism: 2,
    channelRecords: 8,
    fuse: false,
    checkpoint: { interval: "none" },
  });
  await until(env, () => ledger.written >= 60, "both sinks are full");
  const asked = handle.checkpoint();
  await until(env, () => handle.checkpoints().counts.inProgress === 1, "it is under way");
  for (let turn = 0; turn < 200; turn++) await env.turn();
  const [open] = handle.checkpoints().history;
  const phases = new Set(open?.subtasks.map(({ phase }) => phase));
  assert.ok(phases.has("waiting"), "the sinks are reached by no barrier");
  assert.match(open?.message ?? "", /waits for \d of \d subtasks: .*out \(0\) has no barrier yet/);
  assert.equal(open?.stateBytes, undefined, "not all have written theirs");
  gate.open();
  const { checkpointId } = await asked;
  const details = handle.checkpoints().history.find((each) => each.checkpointId === checkpointId);
  assert.ok(details !== undefined);
  assert.equal(details.acknowledged, details.subtasks.length);
  assert.match(details.manifest ?? "", new RegExp(`-0*${checkpointId}$`));
  assert.equal(details.message, undefined);
  const last = details.subtasks.find(({ at }) => at.stage === details.slowest?.at.stage);
  assert.equal(last?.acknowledgedAt, details.lastAcknowledgedAt, "the one that came last is the slowest");
  assert.equal(details.slowest?.phase, "start", "its barrier was behind records");
  assert.equal(details.unaligned, false);
  for (const subtask of details.subtasks) {
    const { startDelayMs, alignmentMs, freezeMs, writeMs, endToEndMs, acknowledgedAt } = subtask;
    assert.ok(startDelayMs !== undefined && alignmentMs !== undefined && freezeMs !== undefined);
    assert.ok(writeMs !== undefined && endToEndMs !== undefined && acknowledgedAt !== undefined);
    assert.equal(Math.round(startDelayMs + alignmentMs + freezeMs + writeMs), Math.round(endToEndMs));
    assert.ok(endToEndMs <= details.endToEndMs);
    assert.ok(acknowledgedAt >= details.triggeredAt + startDelayMs);
    assert.ok(acknowledgedAt <= (details.lastAcknowledgedAt ?? 0));
  }
  assert.ok((details.lastAcknowledgedAt ?? Infinity) <= (details.endedAt ?? 0));
  const names = new Set(details.subtasks.map(({ at }) => at.stage));
  assert.deepEqual(new Set(details.stages.map(({ stage }) => stage)), names);
  for (const stage of details.stages) {
    const own: readonly SubtaskReport[] = details.subtasks.filter(({ at }) => at.stage === stage.stage);
    assert.deepEqual([stage.subtasks, stage.acknowledged], [own.length, own.length]);
    assert.equal(
      stage.processedRecords,
      own.reduce((sum, { processedRecords }) => sum + processedRecords, 0),
    );
    assert.equal(
      stage.stateBytes,
      own.reduce((sum, { stateBytes = NaN }) => sum + stateBytes, 0),
    );
    for (const field of ["startDelayMs", "alignmentMs", "freezeMs", "writeMs", "endToEndMs"] as const) {
      assert.equal(stage[field]?.max, Math.max(...own.map((each) => each[field] as number)), field);
    }
  }
  assert.ok(details.subtasks.some(({ startDelayMs }) => (startDelayMs as number) > 0));
  await handle.finished;
});

test("run: a checkpoint that expires says which subtask is late, and with what", async () => {
  const { env, logged } = frozenEnv();
  const gate = latch();
  const ledger = ledgerSink<number>({ fullAt: 30, drain: () => gate.opened });
  const handle = run(summing(ledger.sink), {
    backend: memory(),
    env,
    channelRecords: 8,
    checkpoint: { interval: "none", timeout: "50ms", tolerableFailures: 9 },
  });
  await until(env, () => ledger.written >= 30, "the sink is full");
  await assert.rejects(handle.checkpoint(), { code: "CHECKPOINT_ABORTED" });
  assert.ok(
    logged.some(({ message }) =>
      /^After 5\d ms checkpoint \d+ waits for 1 of 1 subtasks: .* \(0\) has no barrier yet/.test(message),
    ),
    logged.map(({ message }) => message).join("\n"),
  );
  const { failed } = handle.checkpoints().latest;
  assert.deepEqual([failed?.reason, failed?.retained, failed?.manifest], ["expired", false, undefined]);
  assert.match(failed?.message ?? "", /waits for 1 of 1 subtasks: .* \(0\) has no barrier yet/);
  assert.ok((failed?.endedAt ?? 0) >= (failed?.triggeredAt ?? Infinity) + 50);
  gate.open();
  await handle.finished;
});

test("JobHandle.subtasks: tells who works, who waits and who is held up (STAT-08)", async () => {
  const { env } = frozenEnv();
  const gate = latch();
  const ledger = ledgerSink<number>({ fullAt: 30, drain: () => gate.opened });
  const handle = run(summing(ledger.sink), {
    backend: memory(),
    env,
    fuse: false,
    channelRecords: 8,
    checkpoint: { interval: "none" },
  });
  await until(env, () => ledger.written >= 30, "the sink is full");
  for (let turn = 0; turn < 500; turn++) await env.turn();
  const of = (stage: string) => handle.subtasks().find(({ at }) => at.stage === stage);
  const [source, sink] = [of("numbers"), of("out")];
  assert.ok(source !== undefined && sink !== undefined);
  assert.ok(source.backPressuredMs > source.idleMs, JSON.stringify(source));
  assert.ok(sink.busyMs > 0 && sink.backPressuredMs === 0, JSON.stringify(sink));
  gate.open();
  await handle.finished;
});

test("CheckpointTracker: counts what is handled during an alignment, and keeps what a subtask could not do (STAT-03, STAT-06)", () => {
  let now = 0;
  const tracker = new CheckpointTracker({ ...frozenEnv().env, now: () => 1_000 + now, monotonic: () => now });
  const [at, other] = [
    { stage: "sum", subtask: 0 },
    { stage: "sum", subtask: 1 },
  ];
  const channel = { from: other, index: 0 };
  const on = (time: number, event: TraceEvent): void => {
    now = time;
    tracker.on(event);
  };
  const batch = (time: number, of = at): void => on(time, { kind: "batch", at: of, channel, values: [1, 2, 3] });
  tracker.begin([at, other]);
  on(0, { kind: "attempt-started", generation: 7, restoredFrom: 4, savepoint: "the place" });
  on(1, { kind: "checkpoint-triggered", checkpointId: 5, request: "manual" });
  batch(2);
  on(3, { kind: "barrier-received", checkpointId: 5, at, channel });
  batch(4);
  batch(5);
  batch(6, other);
  on(10, { kind: "snapshot-frozen", checkpointId: 5, at, durationMs: 2 });
  batch(11);
  on(12, { kind: "acknowledged", checkpointId: 5, at });
  on(13, { kind: "declined", checkpointId: 5, at: other, reason: "snapshot-failed", message: "no room" });
  on(14, { kind: "checkpoint-aborted", checkpointId: 5, reason: "snapshot-failed" });
  const { latest } = tracker.report();
  assert.deepEqual(latest.restored, { checkpointId: 4, at: 1_000, savepoint: "the place" });
  const [first, second] = latest.failed?.subtasks ?? [];
  assert.deepEqual(first, {
    at,
    phase: "acknowledged",
    startDelayMs: 2,
    alignmentMs: 5,
    freezeMs: 2,
    writeMs: 2,
    endToEndMs: 11,
    acknowledgedAt: 1_012,
    bytes: 0,
    stateBytes: undefined,
    inFlightBytes: 0,
    processedRecords: 6,
    unaligned: false,
  });
  assert.deepEqual([second?.phase, second?.processedRecords], ["declined", 0]);
  assert.equal(latest.failed?.message, "sum (1): no room");
  assert.equal(latest.failed?.endedAt, 1_014);
  assert.deepEqual(latest.failed?.stages[0]?.alignmentMs?.max, 5);
});

/** Four subtasks of one checkpoint, each late with something else. */
function slowCheckpoint() {
  let now = 0;
  const tracker = new CheckpointTracker({ ...frozenEnv().env, now: () => now, monotonic: () => now });
  const subtasks = [0, 1, 2, 3].map((subtask) => ({ stage: "sum", subtask }));
  const channel = { from: { stage: "numbers", subtask: 0 }, index: 0 };
  const on = (time: number, event: TraceEvent): void => {
    now = time;
    tracker.on(event);
  };
  const [start, alignment, freeze, write] = subtasks as [SubtaskName, SubtaskName, SubtaskName, SubtaskName];
  const received = (time: number, at: SubtaskName): void =>
    on(time, { kind: "barrier-received", checkpointId: 5, at, channel });
  const frozen = (time: number, at: SubtaskName, durationMs: number): void =>
    on(time, { kind: "snapshot-frozen", checkpointId: 5, at, durationMs });
  tracker.begin(subtasks);
  on(0, { kind: "checkpoint-triggered", checkpointId: 5, request: "manual" });
  for (const at of [alignment, freeze, write]) received(1, at);
  frozen(2, write, 1);
  const details = () => {
    const found = tracker.details(5);
    assert.ok(found !== undefined);
    return found;
  };
  return { on, received, frozen, details, start, alignment, freeze, write, pass: (time: number) => (now = time) };
}

test("JobHandle.checkpoints: a slow checkpoint says which subtask is late, and in which phase (STAT-06)", () => {
  const { details, pass } = slowCheckpoint();
  pass(90);
  const { message, subtasks, slowest } = details();
  assert.equal(
    message,
    "After 90 ms checkpoint 5 waits for 4 of 4 subtasks: sum (0) has no barrier yet; " +
      "sum (1) waits for the barriers of other channels; sum (2) waits for the barriers of other channels; sum (3) writes its snapshot",
  );
  assert.deepEqual(
    subtasks.map(({ phase }) => phase),
    ["waiting", "aligning", "aligning", "writing"],
  );
  assert.equal(slowest, undefined);
});

test("JobHandle.checkpoints: once complete, it says who came last and what took so long, in every phase (STAT-06)", () => {
  const late = {
    start: ({ received, frozen, start }: ReturnType<typeof slowCheckpoint>) => {
      received(80, start);
      frozen(85, start, 2);
    },
    alignment: ({ frozen, alignment }: ReturnType<typeof slowCheckpoint>) => frozen(85, alignment, 2),
    freeze: ({ frozen, freeze }: ReturnType<typeof slowCheckpoint>) => frozen(85, freeze, 70),
    write: () => undefined,
  };
  for (const phase of ["start", "alignment", "freeze", "write"] as const) {
    const checkpoint = slowCheckpoint();
    late[phase](checkpoint);
    checkpoint.on(100, { kind: "acknowledged", checkpointId: 5, at: checkpoint[phase] });
    const { slowest, message } = checkpoint.details();
    const phaseMs = { start: 80, alignment: 82, freeze: 70, write: 98 }[phase];
    assert.deepEqual(slowest, { at: checkpoint[phase], phase, phaseMs, endToEndMs: 100 });
    assert.match(message ?? "", /waits for 3 of 4 subtasks/);
  }
});

test("distributionOf: takes the nearest rank", () => {
  assert.equal(distributionOf([]), undefined);
  assert.deepEqual(distributionOf([5]), { min: 5, max: 5, average: 5, p50: 5, p90: 5, p95: 5, p99: 5, p999: 5 });
  const hundred = distributionOf(Array.from({ length: 100 }, (_, index) => 100 - index));
  assert.deepEqual(hundred, { min: 1, max: 100, average: 50.5, p50: 50, p90: 90, p95: 95, p99: 99, p999: 100 });
});
