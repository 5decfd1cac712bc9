/** Every way a barrier can take: in line, ahead of what waits, and counted; each with crashes, on both hosts. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type CheckpointOptions, pipeline, run, type TraceEvent, unaligned } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { atWidth, thinned } from "../width.ts";
import { crashesAfter } from "./crash.ts";
import { joiningJob } from "./joining-job.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { suiteJobs } from "./pipelines.ts";
import { latch, until } from "./settle.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** The bytes of records in flight in all snapshots. */
function inFlightIn(events: readonly TraceEvent[]): number {
  return events.reduce((sum, event) => sum + (event.kind === "snapshot-written" ? event.inFlightBytes : 0), 0);
}

/** From one parallelism to another. */
const MOVES = [
  [2, 3],
  [3, 2],
  [2, 1],
  [1, 2],
] as const;

const modes: readonly (readonly [string, CheckpointOptions])[] = [
  ["unaligned (BAR-07)", { mode: unaligned }],
  ["aligned for a while (BAR-08)", { mode: unaligned, alignedTimeout: "1ms" }],
];

for (const [mode, [name, options]] of modes.entries()) {
  for (const [turn, host] of (["local", bytesHost] as const).entries()) {
    test(`run: barriers that are ${name} keep exactly-once through crashes, host ${String(host)}`, async () => {
      let inFlight = 0;
      for (const [at, job] of [...suiteJobs, joiningJob].entries()) {
        for (const fuse of thinned([true, false], mode + turn + at)) {
          const crashes = crashesAfter(1, 3, 5);
          const { sink, rows } = ledgerSink<string>({ fullAt: 4 });
          await run(job.build({ sink, pass: crashes.pass }), {
            backend: memory(),
            env: frozenEnv().env,
            host,
            fuse,
            parallelism: 2,
            channelRecords: 12,
            checkpoint: { interval: "4ms", ...options },
            restart: { delay: "1ms", attempts: 5 },
            trace: crashes.trace,
          }).finished;
          assert.ok(crashes.thrown > 0, job.name);
          assert.deepEqual(rows.toSorted(), job.expected(2).toSorted(), `${job.name}, fuse ${fuse}`);
          inFlight += inFlightIn(crashes.events);
        }
      }
      assert.ok(inFlight > 0, "no barrier ever overtook a record");
    });
  }

  test(`run: barriers that are ${name} keep exactly-once at another parallelism (RSC-08, COR-18, COR-20)`, async () => {
    let inFlight = 0;
    for (const [at, job] of [...suiteJobs, joiningJob].entries()) {
      if (job.name === "broadcast") continue;
      for (const [before, after] of thinned(MOVES, mode + at)) {
        const backend = memory();
        const { sink, rows } = ledgerSink<string>({ fullAt: 4 });
        const build = () => job.build({ sink, pass: (value) => value });
        const checkpoint = { interval: "4ms", ...options } as const;
        const common = { backend, channelRecords: 12, checkpoint } as const;
        let held = 0;
        const first = run(build(), {
          ...common,
          env: frozenEnv().env,
          parallelism: before,
          trace: (event) => {
            if (event.kind === "snapshot-written") held += event.inFlightBytes;
            if (event.kind === "checkpoint-completed" && (held > 0 || event.checkpointId > 12)) first.cancel();
            if (event.kind === "checkpoint-completed") held = 0;
          },
        });
        inFlight += await first.finished.then(
          () => 0,
          () => 1,
        );
        await run(build(), { ...common, env: frozenEnv().env, parallelism: after }).finished;
        assert.deepEqual(rows.toSorted(), job.expected(after).toSorted(), `${job.name}, ${before} to ${after}`);
      }
    }
    assert.ok(inFlight > atWidth(5), `only ${inFlight} with records in flight`);
  });
}

test("run: what is in flight between the same two steps goes back to its own edge, where no watermark is ahead of it (COR-18, COR-08)", async () => {
  const times = numbers(80).map((n) => n * 10);
  for (const alignedTimeout of ["1ms", "3ms", "5ms"] as const) {
    const crashes = crashesAfter(1, 3, 5, 7);
    const { sink, rows } = ledgerSink<string>({ fullAt: 4 });
    const job = pipeline("side by side");
    const source = pacedSource([times, times], { perPoll: 2 });
    const one = job.source("times", source, { eventTime: (time) => time }).map(crashes.pass);
    one
      .rebalance()
      .union(one, one)
      .keyBy((time) => time % 70)
      .process<string>("late", {
        onRecord: (time, context) => context.emit(`${time}, late ${context.timestamp <= context.watermark}`),
      })
      .rebalance()
      .sink("out", sink);
    await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      parallelism: 2,
      channelRecords: 12,
      checkpoint: { interval: "4ms", mode: unaligned, alignedTimeout },
      restart: { delay: "1ms", attempts: 9 },
      trace: crashes.trace,
    }).finished;
    assert.ok(crashes.thrown > 0 && inFlightIn(crashes.events) > 0);
    const expected = [...times, ...times].flatMap((time) => numbers(3).map(() => `${time}, late false`));
    assert.deepEqual(rows.toSorted(), expected.toSorted());
  }
});

test("run: an at-least-once pipeline blocks no channel, loses nothing, and may repeat (BAR-06)", async () => {
  const { env } = frozenEnv();
  const crashes = crashesAfter(2, 5);
  const { sink, rows } = ledgerSink<number>({ fullAt: 3 });
  const job = pipeline("at-least-once", { guarantee: "at-least-once" });
  job
    .source("numbers", pacedSource([numbers(60), numbers(60)], { perPoll: 1 }))
    .map(crashes.pass)
    .rebalance()
    .sink("out", sink, { delivery: "at-least-once" });
  await run(job, {
    backend: memory(),
    env,
    parallelism: 2,
    channelRecords: 2,
    checkpoint: { interval: "4ms" },
    restart: { delay: "1ms" },
    trace: crashes.trace,
  }).finished;
  assert.ok(crashes.thrown > 0);
  assert.ok(crashes.events.every(({ kind }) => kind !== "channel-blocked"));
  assert.ok(rows.length >= 120);
  for (const n of numbers(60)) assert.ok(rows.filter((row) => row === n).length >= 2, `${n} is lost`);
});

for (const alignedTimeout of [undefined, "10ms"] as const) {
  test(`run: with the sink stalled for good, barriers overtake all the way from the source, ${alignedTimeout ?? "at once"} (BAR-09, BAR-16)`, async () => {
    const { env } = frozenEnv();
    const gate = latch();
    const events: TraceEvent[] = [];
    const ledger = ledgerSink<number>({ fullAt: 40, drain: () => gate.opened });
    const job = pipeline("stalled");
    job
      .source("numbers", pacedSource([numbers(400), numbers(400)]))
      .keyBy((n) => n % 7)
      .process<number>("first", { onRecord: (n, context) => context.emit(n) })
      .keyBy((n) => n % 5)
      .process<number>("second", { onRecord: (n, context) => context.emit(n) })
      .rebalance()
      .sink("out", ledger.sink);
    const handle = run(job, {
      backend: memory(),
      env,
      parallelism: 2,
      channelRecords: 16,
      checkpoint: { interval: "none", mode: unaligned, ...(alignedTimeout === undefined ? {} : { alignedTimeout }) },
      trace: (event) => events.push(event),
    });
    await until(env, () => ledger.written >= 80, "both sinks are full");
    for (let turn = 0; turn < 500; turn++) await env.turn();
    const begun = env.monotonic();
    const asked = handle.checkpoint();
    // Everything but the sinks has taken its snapshot, though no record moves.
    const frozen = (): number => events.filter(({ kind }) => kind === "snapshot-frozen").length;
    await until(env, () => frozen() >= 6, "the barrier reaches everyone but the sinks");
    assert.ok(env.monotonic() - begun < 40);
    assert.ok(ledger.written < 160);
    gate.open();
    const { bytes } = await asked;
    assert.ok(inFlightIn(events) > 0 && bytes > inFlightIn(events));
    await handle.finished;
    assert.deepEqual(
      ledger.rows.toSorted((a, b) => a - b),
      [...numbers(400), ...numbers(400)].toSorted((a, b) => a - b),
    );
  });
}

for (const job of suiteJobs.filter(({ name }) => name.includes("broadcast"))) {
  test(`run: broadcast and forward edges keep barriers in line, and with them all edges of ${job.name} (BAR-10)`, async () => {
    const events: TraceEvent[] = [];
    const { sink, rows } = ledgerSink<string>({ fullAt: 2 });
    await run(job.build({ sink, pass: (value) => value }), {
      backend: memory(),
      env: frozenEnv().env,
      parallelism: 2,
      channelRecords: 4,
      checkpoint: { interval: "4ms", mode: unaligned },
      trace: (event) => events.push(event),
    }).finished;
    assert.ok(events.every(({ kind }) => kind !== "barrier-overtook"));
    assert.deepEqual(rows.toSorted(), job.expected(2).toSorted());
  });
}

test("run: another pipeline does not take over records in flight, nor a run without the mode; after a stop both may (BAR-13, RES-06, DUR-01)", async () => {
  const backend = memory();
  const ledger = ledgerSink<number>({ fullAt: 4 });
  const build = (extra: boolean) => {
    const job = pipeline("changing");
    const source = job.source("numbers", pacedSource([numbers(200), numbers(200)]));
    const kept = extra ? source.filter((n) => n >= 0) : source;
    kept.rebalance().sink("out", ledger.sink);
    return job;
  };
  const options = {
    backend,
    parallelism: 2,
    channelRecords: 12,
    checkpoint: { interval: "4ms", mode: unaligned },
  } as const;
  let held = 0;
  const first = run(build(false), {
    ...options,
    env: frozenEnv().env,
    trace: (event) => {
      if (event.kind === "snapshot-written") held += event.inFlightBytes;
      if (event.kind === "checkpoint-completed" && held > 0) first.cancel();
      if (event.kind === "checkpoint-completed") held = 0;
    },
  });
  await assert.rejects(first.finished, { code: "ABORTED" });
  await assert.rejects(run(build(true), { ...options, env: frozenEnv().env }).finished, {
    code: "STATE_INCOMPATIBLE",
    message: /records that were between the steps of another pipeline/,
  });
  const inLine = { ...options, checkpoint: { interval: "4ms" } } as const;
  await assert.rejects(run(build(false), { ...inLine, env: frozenEnv().env }).finished, {
    code: "STATE_INCOMPATIBLE",
    message: /holds records in flight, which this run cannot take up\. Give it \{ checkpoint: \{ mode: unaligned \} \}/,
  });
  const { env } = frozenEnv();
  const second = run(build(false), { ...options, env });
  await env.turn();
  second.stop();
  await second.finished;
  await run(build(true), { ...inLine, env: frozenEnv().env }).finished;
  assert.deepEqual(
    ledger.rows.toSorted((a, b) => a - b),
    [...numbers(200), ...numbers(200)].toSorted((a, b) => a - b),
  );
});

test("run: records that are no plain data are refused by unaligned checkpoints at the first one, with the edge", async () => {
  const { sink } = ledgerSink<number>();
  const job = pipeline("functions");
  job
    .source("numbers", pacedSource([numbers(20)]))
    .map((n) => ({ n, run: () => n }))
    .rebalance()
    .map(({ n }) => n, { parallelism: 2 })
    .sink("out", sink);
  await assert.rejects(
    run(job, { backend: memory(), env: frozenEnv().env, checkpoint: { mode: unaligned } }).finished,
    { code: "VALUE_UNSUPPORTED", message: /into unaligned checkpoints.*checkpoint\.mode "aligned"/s },
  );
});
