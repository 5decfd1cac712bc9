/** Pipelines of one job that share nothing fail and restart apart (RST-05, RST-06). */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type AnySource, ConnectorError, isTidemarkError, pipeline, run, type TraceEvent } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { assertWhole, throwsAt, twoPipelines } from "./two-pipelines.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

for (const host of ["local", bytesHost] as const) {
  for (const parallelism of [1, 2]) {
    test(`regions, ${String(host)} × ${parallelism}: what fails in one pipeline restarts it alone (RST-05)`, async () => {
      const { job, fails, steady, failing, going } = twoPipelines({ pass: throwsAt(20, 50, 55, 90) });
      const events: TraceEvent[] = [];
      const handle = run(job, {
        backend: memory(),
        env: frozenEnv().env,
        host,
        parallelism,
        checkpoint: { interval: "2ms" },
        restart: { attempts: 4, delay: "3ms" },
        trace: (event) => events.push(event),
      });
      const { outcome, metrics } = await handle.finished;
      assert.equal(outcome, "finished");
      assertWhole(fails.rows);
      assertWhole(steady.rows);
      assert.equal(going.readers(), parallelism, "the readers of the other pipeline were opened once");
      assert.equal(failing.readers(), 5 * parallelism);
      assert.equal(events.filter(({ kind }) => kind === "attempt-started").length, 1);
      assert.equal(metrics.restarts, 4);
      const generations = events.flatMap((event) => (event.kind === "region-restarted" ? [event.generation] : []));
      assert.deepEqual(generations, [2, 3, 4, 5]);
      assert.ok(steady.calls.every((call) => call.kind !== "recover" || call.generation === 1));
    });
  }
}

test("regions: a region goes on from the newest checkpoint, its enumerator and its splits too (RST-06)", async () => {
  let completed = 0;
  const { job, fails, steady } = twoPipelines({
    pass: (n) => {
      if (completed === 3) {
        completed = 100;
        throw new RangeError("after three checkpoints");
      }
      return n;
    },
  });
  const events: TraceEvent[] = [];
  await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "2ms" },
    restart: { delay: "1ms" },
    trace: (event) => {
      events.push(event);
      if (event.kind === "checkpoint-completed") completed++;
    },
  }).finished;
  assertWhole(fails.rows);
  assertWhole(steady.rows);
  const [third] = events.filter(({ kind }) => kind === "checkpoint-completed").slice(2);
  const [restarted] = events.filter((event) => event.kind === "region-restarted");
  assert.ok(third?.kind === "checkpoint-completed" && restarted?.kind === "region-restarted");
  assert.equal(restarted.restoredFrom, third.checkpointId);
  const failed = events.find((event) => event.kind === "region-failed");
  assert.deepEqual(restarted.stages, failed?.stages);
  assert.ok(restarted.stages.length > 0 && restarted.stages.every((stage) => !stage.includes("steady")));
});

test("regions: what a reader was given since the checkpoint is given out again when it fails (SRC-03, RST-06)", async () => {
  let completed = 0;
  /** The splits in the order in which the enumerator gave them out. */
  const given: string[] = [];
  let fatal: string | undefined;
  const lazy = pacedSource([numbers(20), numbers(20), numbers(20), numbers(20)], {
    lazy: true,
    assigned: ({ id }) => {
      given.push(id);
      if (completed > 0) fatal ??= id;
    },
  });
  let failed = false;
  const failing: AnySource<number, true> = {
    ...lazy,
    createReader: (context) => {
      const reader = lazy.createReader(context);
      const poll = reader.poll.bind(reader);
      return Object.assign(reader, {
        poll: (limit: number) => {
          if (fatal === undefined || failed) return poll(limit);
          failed = true;
          throw new RangeError("the connection is gone");
        },
      });
    },
  };
  const [fails, steady] = [ledgerSink<number>(), ledgerSink<number>()];
  const job = pipeline("two");
  job.source("failing", failing).sink("failing out", fails.sink);
  job.source("steady", pacedSource([numbers(60)])).sink("steady out", steady.sink);
  const { metrics } = await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "2ms" },
    restart: { delay: "1ms" },
    trace: (event) => {
      if (event.kind === "checkpoint-completed") completed++;
    },
  }).finished;
  assert.equal(metrics.restarts, 1);
  assert.ok(fatal !== undefined, "no split was given out after a checkpoint");
  assert.equal(given.filter((id) => id === fatal).length, 2, "the enumerator gives it out once more");
  assert.equal(given.length, 5, "and no other one");
  assert.deepEqual(
    fails.rows.toSorted((a, b) => a - b),
    numbers(20).flatMap((n) => [n, n, n, n]),
  );
  assert.deepEqual(steady.rows, numbers(60));
});

test("regions: a source that cannot be opened again costs its own region one restart after the other", async () => {
  const { job, fails, steady, failing, going } = twoPipelines({ pass: throwsAt(20) });
  const { createEnumerator } = failing.source;
  let opened = 0;
  Object.assign(failing.source, {
    createEnumerator: (...of: Parameters<typeof createEnumerator>) => {
      const enumerator = createEnumerator(...of);
      opened++;
      if (opened === 1 || opened === 5) return enumerator;
      const start = (): Promise<void> =>
        Promise.reject(new ConnectorError("SOURCE_IO", "the broker is away", { retryable: true }));
      return Object.assign(enumerator, { start });
    },
  });
  const { metrics } = await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "2ms" },
    restart: { attempts: 4, delay: "1ms" },
  }).finished;
  assert.equal(metrics.restarts, 4);
  assertWhole(fails.rows);
  assertWhole(steady.rows);
  assert.equal(going.readers(), 1);
});

test("regions: when the strategy gives up on one of them, the job fails with what it failed with", async () => {
  const { job } = twoPipelines({
    pass: (n) => {
      if (n === 31) throw new RangeError("cannot stand 31");
      return n;
    },
  });
  const handle = run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "2ms" },
    restart: { attempts: 2, delay: "1ms" },
  });
  await assert.rejects(handle.finished, (error) => isTidemarkError(error) && /cannot stand 31/.test(error.message));
  assert.equal(handle.metrics().restarts, 2);
});

test("regions: a job is stopped or cancelled while a region is down", async () => {
  for (const end of ["stop", "cancel"] as const) {
    const { job, fails, steady } = twoPipelines({ pass: throwsAt(20) });
    const backend = memory();
    const { env } = frozenEnv();
    const handle = run(job, {
      backend,
      env,
      checkpoint: { interval: "2ms" },
      restart: { delay: "1h" },
      trace: (event) => {
        if (event.kind === "region-failed") queueMicrotask(() => handle[end]());
      },
    });
    if (end === "cancel") await assert.rejects(handle.finished, { code: "ABORTED" });
    else await handle.finished;
    assert.ok(env.monotonic() < 3_600_000, "nobody waited for the pause");
    await run(job, { backend, env: frozenEnv().env, restart: "none" }).finished;
    assertWhole(fails.rows);
    assertWhole(steady.rows);
  }
});
