/** How a job fails, restarts, is cancelled and is stopped. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { emits, isTidemarkError, pipeline, run, type StateBackend, type TraceEvent } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function copying(options: PacedOptions<number> = {}, pass: (n: number) => number = (n) => n) {
  const ledger = ledgerSink<number>();
  const job = pipeline("copying");
  job
    .source("numbers", pacedSource([numbers(60)], options))
    .map(pass)
    .sink("out", ledger.sink);
  return { job, ledger };
}

test("run: a poison record fails the job after its restarts, with the operator and the cause", async () => {
  for (const host of ["local", bytesHost] as const) {
    const { env, logged } = frozenEnv();
    const { sink, rows } = ledgerSink<number>();
    const cause = new RangeError("cannot stand 31");
    const job = pipeline("poisoned");
    job
      .source("numbers", pacedSource([numbers(60)]))
      .keyBy((n) => n % 2)
      .process("picky", {
        emits: emits<number>(),
        onRecord: (n, context) => {
          if (n === 31) throw cause;
          context.emit(n);
        },
      })
      .sink("out", sink);
    const events: TraceEvent[] = [];
    const handle = run(job, {
      backend: memory(),
      env,
      host,
      checkpoint: { interval: "2ms" },
      restart: { attempts: 2, delay: "1s" },
      trace: (event) => events.push(event),
    });
    await assert.rejects(handle.finished, (error) => {
      assert.ok(isTidemarkError(error));
      assert.equal(error.code, "USER_CODE");
      assert.equal(error.cause, cause);
      assert.match(error.message, /"picky".*cannot stand 31/);
      assert.deepEqual(error.details["operator"], "picky");
      return true;
    });
    assert.equal(handle.metrics().restarts, 2);
    assert.equal(events.filter(({ kind }) => kind === "attempt-failed").length, 3);
    assert.equal(logged.filter(({ level }) => level === "error").length, 3);
    assert.ok(env.monotonic() > 2_000, "the pauses were kept");
    assert.deepEqual([...rows], numbers(rows.length), "what was committed is a beginning of the whole");
  }
});

test("run: each attempt goes on from the newest checkpoint, under a generation of its own", async () => {
  const crashes = crashesAfter(2, 4);
  const { job, ledger } = copying({}, crashes.pass);
  const options = { checkpoint: { interval: "2ms" }, restart: { delay: "1ms" }, trace: crashes.trace } as const;
  await run(job, { backend: memory(), env: frozenEnv().env, ...options }).finished;
  const attempts = crashes.events.filter((event) => event.kind === "attempt-started");
  assert.deepEqual(
    attempts.map(({ generation }) => generation),
    [1, 2, 3],
  );
  const completed = crashes.events.filter((event) => event.kind === "checkpoint-completed");
  assert.equal(attempts[0]?.restoredFrom, undefined);
  assert.equal(attempts[1]?.restoredFrom, completed[1]?.checkpointId);
  assert.equal(attempts[2]?.restoredFrom, completed[3]?.checkpointId);
  const ids = completed.map(({ checkpointId }) => checkpointId);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ledger.rows, numbers(60));
});

test("run: a signal cancels, at any moment, without another checkpoint", async () => {
  for (const moment of ["attempt-started", "checkpoint-triggered", "snapshot-frozen", "manifest-written"] as const) {
    const { job } = copying();
    const controller = new AbortController();
    const events: TraceEvent[] = [];
    const handle = run(job, {
      backend: memory(),
      env: frozenEnv().env,
      checkpoint: { interval: "2ms" },
      signal: controller.signal,
      trace: (event) => {
        events.push(event);
        if (event.kind === moment) controller.abort();
      },
    });
    await assert.rejects(handle.finished, { name: "AbortError", code: "ABORTED", message: /"copying"/ });
    assert.equal(handle.metrics().restarts, 0);
    assert.ok(events.every(({ kind }) => kind !== "checkpoint-completed"));
  }
});

test("run: a signal that was aborted before cancels before anything is opened", async () => {
  const { job } = copying();
  const backend: StateBackend = { ...memory(), open: () => assert.fail("the backend was opened") };
  const signal = AbortSignal.abort();
  await assert.rejects(run(job, { backend, env: frozenEnv().env, signal }).finished, { name: "AbortError" });
});

test("JobHandle.cancel: a job that is still opening its state leaves it alone", async () => {
  const inner = memory();
  const gate = latch();
  const backend: StateBackend = {
    name: "slow to open",
    capabilities: inner.capabilities,
    open: async (job) => {
      await gate.opened;
      return inner.open(job);
    },
  };
  const { job, ledger } = copying();
  const handle = run(job, { backend, env: frozenEnv().env });
  handle.cancel();
  gate.open();
  await assert.rejects(handle.finished, { name: "AbortError" });

  const events: TraceEvent[] = [];
  const { env } = frozenEnv();
  await run(job, { backend: inner, env, trace: (event) => events.push(event) }).finished;
  await run(job, { backend: inner, env, trace: (event) => events.push(event) }).finished;
  const generations = events.flatMap((event) => (event.kind === "attempt-started" ? [event.generation] : []));
  assert.deepEqual(generations, [1, 2]);
  assert.deepEqual(ledger.rows, numbers(60));
});

test("JobHandle.cancel: a job that waits for its restart ends at once", async () => {
  const { env, logged } = frozenEnv();
  const { job } = copying({}, () => {
    throw new Error("always");
  });
  const handle = run(job, { backend: memory(), env, restart: { delay: "5h" } });
  const rejected = assert.rejects(handle.finished, { name: "AbortError" });
  await until(env, () => logged.some(({ level }) => level === "error"), "the first failure");
  handle.cancel();
  await rejected;
  assert.ok(env.monotonic() < 3_600_000);
});

test("JobHandle.stop: a job that waits for its restart takes its last checkpoint at once", async () => {
  const { env, logged } = frozenEnv();
  const crashes = crashesAfter(1);
  const { job, ledger } = copying({}, crashes.pass);
  const options = { backend: memory(), checkpoint: { interval: "2ms" }, trace: crashes.trace } as const;
  const handle = run(job, { ...options, env, restart: { delay: "5h" } });
  await until(env, () => logged.some(({ level }) => level === "error"), "the failure");
  handle.stop();
  assert.equal((await handle.finished).outcome, "stopped");
  assert.ok(env.monotonic() < 3_600_000);
  await run(job, { ...options, env: frozenEnv().env }).finished;
  assert.deepEqual(ledger.rows, numbers(60));
});

test("JobHandle.stop: ends with a last checkpoint, and a later run goes on from there", async () => {
  for (const turns of [0, 1, 3, 10, 25]) {
    const backend = memory();
    const { env } = frozenEnv();
    const { job, ledger } = copying();
    const first = run(job, { backend, env, checkpoint: { interval: "1h" } });
    for (let turn = 0; turn < turns; turn++) await env.turn();
    first.stop();
    const { outcome, metrics } = await first.finished;
    if (outcome === "stopped") assert.deepEqual(ledger.rows, numbers(metrics.recordsIn));
    else assert.equal(turns, 25);
    const second = await run(job, { backend, env: frozenEnv().env }).finished;
    assert.equal(second.outcome, "finished");
    assert.deepEqual(ledger.rows, numbers(60), `stopped after ${turns} turns`);
    assert.equal(second.metrics.recordsIn, 60 - metrics.recordsIn);
  }
});

test("run: a stop by until fires no timer that is not due (COR-22)", async () => {
  const { env } = frozenEnv();
  const ledger = ledgerSink<string>();
  const job = pipeline("stopped");
  job
    .source("numbers", pacedSource([numbers(60)]), { eventTime: (n) => n })
    .keyBy((n) => n % 2)
    .process<string>("timer", {
      onRecord: (_n, context) => context.setEventTimer(1_000),
      onTimer: (time, context) => context.emit(`${context.key} at ${time}`),
    })
    .sink("out", ledger.sink);
  const backend = memory();
  await run(job, { backend, env, until: { records: 30 } }).finished;
  assert.equal(ledger.rows.length, 0);
  await run(job, { backend, env: frozenEnv().env }).finished;
  assert.deepEqual(ledger.rows.toSorted(), ["0 at 1000", "1 at 1000"]);
});

test("run: what a trace listener throws fails the job, at once and as it is", async () => {
  const kinds = [
    "attempt-started",
    "batch",
    "checkpoint-triggered",
    "snapshot-written",
    "head-written",
    "committed",
    "ended",
  ];
  for (const kind of kinds) {
    const broken = new Error(`cannot bear ${kind}`);
    const { job } = copying();
    let calls = 0;
    const handle = run(job, {
      backend: memory(),
      env: frozenEnv().env,
      checkpoint: { interval: "2ms" },
      trace: (event) => {
        if (event.kind !== kind) return;
        calls++;
        throw broken;
      },
    });
    await assert.rejects(handle.finished, broken);
    assert.equal(handle.metrics().restarts, 0, kind);
    assert.equal(calls, 1, kind);
  }
});

test("run: what a trace listener throws at a failure does not keep the job from giving back what it holds", async () => {
  const inner = memory();
  let open = 0;
  const backend: StateBackend = {
    ...inner,
    name: "counting",
    capabilities: inner.capabilities,
    open: async (job) => {
      const session = await inner.open(job);
      open++;
      return Object.assign(Object.create(session) as typeof session, {
        close: async () => {
          open--;
          await session.close();
        },
      });
    },
  };
  const { job } = copying({}, () => {
    throw new Error("poison");
  });
  const broken = new Error("cannot bear failures");
  const handle = run(job, {
    backend,
    env: frozenEnv().env,
    trace: (event) => {
      if (event.kind === "attempt-failed") throw broken;
    },
  });
  await assert.rejects(handle.finished, broken);
  assert.equal(open, 0);
});

test("run: a new attempt commits nothing while a commit of the one before is under way", async () => {
  const { env } = frozenEnv();
  const gate = latch();
  const crashes = crashesAfter(1);
  const { sink, rows } = ledgerSink<number>();
  let committing = 0;
  const slow = {
    ...sink,
    createCommitter: (context: Parameters<NonNullable<typeof sink.createCommitter>>[0]) => {
      const committer = sink.createCommitter?.(context);
      assert.ok(committer);
      const alone = async <T>(call: () => Promise<T>): Promise<T> => {
        assert.equal(committing++, 0, "two calls of committers at a time");
        if (context.generation === 1) await gate.opened;
        const result = await call();
        committing--;
        return result;
      };
      return {
        recover: (requests: Parameters<typeof committer.recover>[0]) =>
          context.generation === 1 ? committer.recover(requests) : alone(() => committer.recover(requests)),
        commit: (requests: Parameters<typeof committer.commit>[0]) => alone(() => committer.commit(requests)),
        close: () => committer.close(),
      };
    },
  };
  const job = pipeline("slow-commits");
  job
    .source("numbers", pacedSource([numbers(60)]))
    .map(crashes.pass)
    .sink("out", slow);
  const options = { checkpoint: { interval: "2ms" }, restart: { delay: "1ms" }, trace: crashes.trace } as const;
  const handle = run(job, { backend: memory(), env, ...options });
  await until(env, () => crashes.thrown === 1, "the crash, with a commit under way");
  for (let turn = 0; turn < 50; turn++) await env.turn();
  gate.open();
  await handle.finished;
  assert.deepEqual(rows, numbers(60));
});

test("run: a second run of the same job fences the first, which completes no checkpoint any more (COR-16)", async () => {
  const backend = memory();
  const ledger = ledgerSink<number>();
  const first = { env: frozenEnv().env, gate: latch(), events: [] as TraceEvent[] };
  const build = (hold: PacedOptions<number>["hold"]) => {
    const job = pipeline("twice");
    job.source("numbers", pacedSource([numbers(60)], hold === undefined ? {} : { hold })).sink("out", ledger.sink);
    return job;
  };
  const old = run(
    build((_split, position) => (position < 30 ? undefined : first.gate.hold)),
    {
      backend,
      env: first.env,
      checkpoint: { interval: "3ms" },
      trace: (event) => first.events.push(event),
    },
  );
  const fenced = assert.rejects(old.finished, { code: "CHECKPOINT_FENCED", message: /"twice".*one process/ });
  await until(first.env, () => ledger.rows.length === 30, "the first run has committed thirty");

  const taken = latch();
  const fresh = run(
    build((_split, position) => (position < 40 ? undefined : taken.hold)),
    {
      backend,
      env: frozenEnv().env,
      checkpoint: { interval: "3ms" },
    },
  );
  await until(first.env, () => fresh.metrics().restoredFrom !== undefined, "the second run has taken over");
  const before = first.events.length;
  first.gate.open();
  await fenced;
  assert.equal(old.metrics().restarts, 0);
  const after = first.events.slice(before).map(({ kind }) => kind);
  assert.ok(!after.includes("head-written") && !after.includes("committed"), after.join(", "));
  taken.open();
  await fresh.finished;
  assert.deepEqual(ledger.rows, numbers(60));
});

test("JobHandle.metrics: counts records, restarts, checkpoints and event time", async () => {
  const crashes = crashesAfter(1);
  const ledger = ledgerSink<number>();
  const job = pipeline("counted");
  const gate = latch();
  job
    .source(
      "numbers",
      pacedSource([numbers(60)], { hold: (_split, position) => (position < 30 ? undefined : gate.hold) }),
      {
        eventTime: (n) => n * 10,
        outOfOrder: "50ms",
      },
    )
    .map(crashes.pass)
    .sink("out", ledger.sink);
  const { env } = frozenEnv();
  const options = { checkpoint: { interval: "4ms" }, restart: { delay: "1ms" }, trace: crashes.trace } as const;
  const handle = run(job, { backend: memory(), env, ...options });
  assert.equal(handle.metrics().watermark, -Infinity);
  await until(env, () => ledger.rows.length === 30, "half of it");
  const { recordsIn, restarts, restoredFrom, watermark, checkpoints } = handle.metrics();
  assert.ok(recordsIn > 30, "records that were read again count again");
  assert.equal(restarts, 1);
  assert.ok(restoredFrom !== undefined);
  assert.equal(watermark, 290 - 50 - 1);
  assert.ok(checkpoints.completed >= 2 && checkpoints.aborted === 0);
  assert.ok(checkpoints.last !== undefined && checkpoints.last.bytes > 0 && checkpoints.last.durationMs >= 0);
  gate.open();
  assert.equal((await handle.finished).metrics.watermark, Infinity);
});
