/** Runs that end by themselves, and go on later as if they had not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, type RunOptions, type RunUntil, type Source, type SourceSplit } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function copying(options: PacedOptions<number> = {}, records: number = 60) {
  const ledger = ledgerSink<number>();
  const job = pipeline("copying");
  job.source("numbers", pacedSource([numbers(records)], options)).sink("out", ledger.sink);
  return { job, ledger };
}

test('run: until "idle" ends when there is nothing more to read, and goes on when there is', async () => {
  let available = 20;
  const silence = new Promise<void>(() => undefined);
  const { job, ledger } = copying({
    bounded: false,
    hold: (_split, position) => (position < available ? undefined : silence),
  });
  const backend = memory();
  for (const count of [20, 20, 35, 60, 60]) {
    available = count;
    const { env } = frozenEnv();
    const { outcome } = await run(job, { backend, env, until: "idle", checkpoint: { interval: "none" } }).finished;
    assert.equal(outcome, "stopped");
    assert.deepEqual(ledger.rows, numbers(count));
    assert.ok(env.monotonic() < 1_000);
  }
});

test("JobHandle.metrics: event time stands where it stood when a job is stopped, and is at its end when all was read", async () => {
  const backend = memory();
  const watermarkAfter = async (options: Partial<RunOptions>): Promise<number> => {
    const job = pipeline("timed");
    job
      .source("numbers", pacedSource([numbers(60)]), { eventTime: (n) => n * 10 })
      .sink("out", ledgerSink<number>().sink);
    return (await run(job, { backend, env: frozenEnv().env, ...options }).finished).metrics.watermark;
  };
  assert.equal(await watermarkAfter({ until: { records: 20 } }), 189);
  assert.equal(await watermarkAfter({}), Infinity);
});

test('run: until "idle" of a job that has an end finishes it', async () => {
  const { job, ledger } = copying();
  const { outcome } = await run(job, { backend: memory(), env: frozenEnv().env, until: "idle" }).finished;
  assert.equal(outcome, "finished");
  assert.deepEqual(ledger.rows, numbers(60));
});

test('run: until "idle" does not take a pause for the end', async () => {
  // Less silence than it takes, again and again.
  const { env } = frozenEnv();
  let paused = -1;
  const hold = (_split: number, position: number): Promise<void> | undefined => {
    if (position % 10 !== 0 || position <= paused) return undefined;
    paused = position;
    return new Promise((resolve) => env.schedule(60, resolve));
  };
  const { job, ledger } = copying({ bounded: false, hold });
  await run(job, { backend: memory(), env, until: "idle" }).finished;
  assert.deepEqual(ledger.rows, numbers(60));
});

/** A source whose enumerator answers a reader that asks for a split only much later, or never. */
function late(answer: (assign: () => void) => void): Source<number, SourceSplit & { readonly at: number }, null, true> {
  return {
    name: "late",
    replayable: true,
    bounded: false,
    createEnumerator: (context) => ({
      start: async () => undefined,
      handleSplitRequest: (subtask) => answer(() => context.assign(subtask, { id: "late", at: 0 })),
      snapshot: () => null,
      close: async () => undefined,
    }),
    createReader: () => {
      let open: (SourceSplit & { readonly at: number }) | undefined;
      return {
        addSplits: ([split]) => {
          open = split;
        },
        poll: () => {
          if (open === undefined) return "finished";
          if (open.at === 5) return "nothing";
          open = { ...open, at: open.at + 1 };
          return { splitId: open.id, values: [open.at] };
        },
        available: () => new Promise(() => undefined),
        snapshot: () => (open === undefined ? [] : [open]),
        close: async () => undefined,
      };
    },
  };
}

test('run: until "idle" ends although readers wait for splits that never come', async () => {
  const { sink, rows } = ledgerSink<number>();
  const job = pipeline("waiting");
  job
    .source(
      "late",
      late(() => undefined),
    )
    .sink("out", sink);
  const { env } = frozenEnv();
  const handle = run(job, { backend: memory(), env, until: "idle" });
  let ended = false;
  void handle.finished.then(() => {
    ended = true;
  });
  await until(env, () => ended, "the run has ended");
  assert.deepEqual(rows, []);
});

test("run: a reader that waits for a split goes on when it comes, and checkpoints meanwhile", async () => {
  const { env } = frozenEnv();
  const { sink, rows } = ledgerSink<number>();
  const job = pipeline("waiting");
  job
    .source(
      "late",
      late((assign) => void env.schedule(300, assign)),
    )
    .sink("out", sink);
  const handle = run(job, { backend: memory(), env, checkpoint: { interval: "20ms" } });
  await until(env, () => rows.length === 5, "its records");
  assert.ok(handle.metrics().checkpoints.completed >= 10);
  handle.stop();
  await handle.finished;
});

test('run: until "idle" after a restart waits for what is read again', async () => {
  // The silence of the attempt that failed must not end the one that has just begun.
  const { env } = frozenEnv();
  let failed = false;
  const ledger = ledgerSink<number>({
    prepared: () => {
      if (failed) return;
      failed = true;
      throw new Error("cannot prepare now");
    },
  });
  const job = pipeline("again");
  const gate = latch();
  job
    .source(
      "numbers",
      pacedSource([numbers(30)], {
        bounded: false,
        hold: (_split, position) => (failed && position === 0 ? gate.hold : undefined),
      }),
    )
    .sink("out", ledger.sink);
  // The checkpoint that fails is taken 40 ms into the silence; the restart comes within the 100 ms.
  const handle = run(job, {
    backend: memory(),
    env,
    until: "idle",
    checkpoint: { interval: "50ms" },
    restart: { delay: "20ms" },
  });
  await until(env, () => handle.metrics().restarts === 1, "the restart");
  env.schedule(70, () => gate.open());
  await handle.finished;
  assert.deepEqual(ledger.rows, numbers(30));
});

test("run: until so many records reads no more and no fewer, and the next run goes on", async () => {
  for (const host of ["local", bytesHost] as const) {
    const backend = memory();
    const { job, ledger } = copying({ perPoll: 7 });
    const legs = [0, 1, 10, 7, 30];
    let read = 0;
    for (const records of legs) {
      const { outcome, metrics } = await run(job, { backend, env: frozenEnv().env, host, until: { records } }).finished;
      assert.equal(outcome, "stopped");
      assert.equal(metrics.recordsIn, records);
      read += records;
      assert.deepEqual(ledger.rows, numbers(read));
    }
    assert.equal((await run(job, { backend, env: frozenEnv().env, host }).finished).outcome, "finished");
    assert.deepEqual(ledger.rows, numbers(60));
  }
});

test("run: until so many records counts those of all readers together", async () => {
  const ledger = ledgerSink<number>();
  const job = pipeline("many");
  job
    .source("numbers", pacedSource(Array.from({ length: 4 }, (_, index) => numbers(20).map((n) => n + 100 * index))))
    .sink("out", ledger.sink);
  const backend = memory();
  let total = 0;
  for (let leg = 0; total < 80; leg++) {
    const { metrics } = await run(job, {
      backend,
      env: frozenEnv().env,
      parallelism: 1 + (leg % 4),
      until: { records: 9 },
    }).finished;
    total += metrics.recordsIn;
    assert.ok(metrics.recordsIn <= 9);
    assert.equal(ledger.rows.length, total);
  }
  assert.equal(new Set(ledger.rows).size, 80);
});

test("run: until a deadline stops in time, whatever is left, and the next run goes on", async () => {
  const backend = memory();
  const { job, ledger } = copying({ perPoll: 1 }, 200);
  let runs = 0;
  for (let outcome = ""; outcome !== "finished"; runs++) {
    const { env } = frozenEnv();
    const before = ledger.rows.length;
    ({ outcome } = await run(job, { backend, env, until: { deadlineMs: 25 }, checkpoint: { interval: "1h" } })
      .finished);
    assert.ok(env.monotonic() < 100, `it took ${env.monotonic()} ms`);
    assert.ok(ledger.rows.length > before || outcome === "finished");
    assert.deepEqual(ledger.rows, numbers(ledger.rows.length));
  }
  assert.ok(runs > 4);
  assert.deepEqual(ledger.rows, numbers(200));
});

test("run: a run that was stopped and fails at its last checkpoint loses and doubles nothing", async () => {
  const backend = memory();
  const crashes = crashesAfter(0, 1, 2);
  const ledger = ledgerSink<number>();
  const job = pipeline("shaky");
  job
    .source("numbers", pacedSource([numbers(60)]))
    .map(crashes.pass)
    .sink("out", ledger.sink);
  const options: Partial<RunOptions> = { restart: { delay: "1ms", attempts: 5 }, trace: crashes.trace };
  const legs: readonly RunUntil[] = [
    { records: 10 },
    { records: 10 },
    { deadlineMs: 3 },
    "idle",
    { records: 15 },
    "end",
  ];
  for (const leg of legs) await run(job, { backend, env: frozenEnv().env, until: leg, ...options }).finished;
  assert.deepEqual(ledger.rows, numbers(60));
  assert.equal(crashes.thrown, 3);
});

for (const fuse of [true, false]) {
  test(`run: the end of a bounded source is the end of time for keyed steps, with event time or without, fuse ${fuse} (RUN-01)`, async () => {
    for (const eventTime of [(n: number) => n, undefined]) {
      const ledger = ledgerSink<string>();
      const job = pipeline("end");
      job
        .source("numbers", pacedSource([numbers(6)]), eventTime === undefined ? {} : { eventTime })
        .keyBy((n) => n % 2)
        .process<string>("timer", {
          onRecord: (_n, context) => context.setEventTimer(1_000),
          onTimer: (time, context) => context.emit(`${context.key} at ${time}`),
        })
        .sink("out", ledger.sink);
      await run(job, { backend: memory(), env: frozenEnv().env, fuse }).finished;
      assert.deepEqual(ledger.rows.toSorted(), ["0 at 1000", "1 at 1000"]);
    }
  });
}

test("run: no timer fires after the end of data (FIN-06, COR-10)", async () => {
  const { env } = frozenEnv();
  const ledger = ledgerSink<string>({ fullAt: 1, drain: () => new Promise((resolve) => env.schedule(50, resolve)) });
  const order: string[] = [];
  const job = pipeline("quiet");
  job
    .source("numbers", pacedSource([numbers(6)]), { eventTime: (n) => n })
    .keyBy((n) => n % 2)
    .process<string>("timer", {
      onRecord: (n, context) => {
        context.setProcessingTimer(context.now() + 20);
        context.setEventTimer(1_000);
        context.emit(`record ${n}`);
      },
      onTimer: (time, context) => {
        order.push(time === 1_000 ? "event" : "processing");
        context.emit(`timer ${time}`);
      },
    })
    .sink("out", ledger.sink);
  await run(job, { backend: memory(), env, fuse: false }).finished;
  const lastEvent = order.lastIndexOf("event");
  assert.deepEqual(order.slice(lastEvent + 1), []);
});
