/** What lies outside the engine's reach: transactions that time out, side effects of user code, clocks that jump. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Env, pipeline, type Pipeline, run, type TraceEvent, unaligned } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { type LedgerCommittable, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const HOUR_MS = 3_600_000;

/** A sink over a broker that rolls back what was not committed for a while. */
function expiringLedger(keepMs: number) {
  const preparedAt = new Map<string, number>();
  const ledger = ledgerSink<number>({
    prepared: (ids, env) => {
      for (const id of ids) preparedAt.set(id, env.monotonic());
    },
  });
  const committed = new Set<string>();
  const sink: typeof ledger.sink = {
    ...ledger.sink,
    createCommitter: (context) => {
      const committer = ledger.sink.createCommitter?.(context);
      assert.ok(committer);
      const isGone = ({ id }: LedgerCommittable<number>): boolean =>
        !committed.has(id) && context.env.monotonic() > (preparedAt.get(id) ?? 0) + keepMs;
      return {
        ...committer,
        commit: async (requests) => {
          if (requests.some(({ committable }) => isGone(committable))) {
            return requests.map(() => ({ failed: `the broker rolled the transaction back after ${keepMs} ms` }));
          }
          for (const { committable } of requests) committed.add(committable.id);
          return committer.commit(requests);
        },
      };
    },
  };
  return { sink, rows: ledger.rows };
}

test("run: a transaction that the outside world rolled back is a failure at each start, and nothing is dropped (COR-06, SNK-05)", async () => {
  const backend = memory();
  const { sink, rows } = expiringLedger(5_000);
  const build = (): Pipeline => {
    const job = pipeline("expiring");
    job.source("numbers", pacedSource([numbers(60)])).sink("out", sink);
    return job;
  };
  const checkpoint = { interval: "3ms" } as const;
  let heads = 0;
  const first = run(build(), {
    backend,
    env: frozenEnv().env,
    checkpoint,
    trace: (event) => {
      if (event.kind === "head-written" && ++heads === 3) first.cancel();
    },
  });
  await assert.rejects(first.finished, { code: "ABORTED" });
  const before = [...rows];
  assert.ok(before.length > 0 && before.length < 60);

  for (let start = 1; start <= 2; start++) {
    const { env } = frozenEnv({ now: HOUR_MS * start });
    const late = run(build(), { backend, env, checkpoint, restart: { attempts: 3, delay: "1s" } });
    await assert.rejects(late.finished, { code: "COMMIT_FAILED", message: /"out".*rolled the transaction back/ });
    assert.equal(
      late.metrics().checkpoints.completed,
      0,
      "no later checkpoint takes the place of the one that holds it",
    );
    assert.deepEqual(rows, before, "no later row becomes visible");
  }

  // The process comes back in time: what was pending is committed, and everything is there.
  const { env } = frozenEnv({ now: 1_000 });
  await run(build(), { backend, env, checkpoint }).finished;
  assert.deepEqual(rows, numbers(60));
});

test("run: what user code does outside is done again after a restart; what it emits is not (COR-29)", async () => {
  const crashes = crashesAfter(2);
  const { sink, rows } = ledgerSink<number>();
  const calls = numbers(60).map(() => 0);
  const job = pipeline("effects");
  job
    .source("numbers", pacedSource([numbers(60)]))
    .map((n) => {
      calls[n] = (calls[n] as number) + 1;
      return n;
    })
    .map(crashes.pass)
    .sink("out", sink);
  await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "5ms" },
    restart: { delay: "1ms" },
    trace: crashes.trace,
  }).finished;
  assert.equal(crashes.thrown, 1);
  assert.ok(calls.every((count) => count === 1 || count === 2));
  assert.ok(calls.includes(2), "some were made again");
  assert.deepEqual(rows, numbers(60));
});

/** The steps of a run over two inputs with crashes and checkpoints that turn unaligned, with no word of the wall clock. */
async function stepsUnder(env: Env): Promise<readonly string[]> {
  const crashes = crashesAfter(1, 3);
  const steps: string[] = [];
  const { sink, rows } = ledgerSink<number>({ fullAt: 4 });
  const job = pipeline("clocks");
  job
    .source("numbers", pacedSource([numbers(60), numbers(60)], { perPoll: 1 }))
    .map(crashes.pass)
    .keyBy((n) => n % 5)
    .reduce("sum", (sum, n) => sum + n)
    .sink("out", sink);
  const { metrics } = await run(job, {
    backend: memory(),
    env,
    parallelism: 2,
    channelRecords: 4,
    checkpoint: { interval: "8ms", minPause: "3ms", timeout: "500ms", mode: unaligned, alignedTimeout: "2ms" },
    // The second failure is the first one again, since it comes after a quiet time.
    restart: { attempts: 1, delay: "20ms", resetAfter: "10ms" },
    trace: (event: TraceEvent) => {
      crashes.trace(event);
      if (event.kind !== "batch") steps.push(`${event.kind} at ${env.monotonic()}`);
    },
  }).finished;
  assert.equal(metrics.restarts, 2);
  assert.equal(metrics.checkpoints.aborted, crashes.events.filter(({ kind }) => kind === "checkpoint-aborted").length);
  return [...steps, ...rows.map(String)];
}

test("run: intervals, pauses, timeouts and restarts keep to the monotonic clock, wherever the wall clock jumps (COR-30)", async () => {
  const steady = await stepsUnder(frozenEnv().env);
  const { env } = frozenEnv();
  let readings = 0;
  const jumping: Env = { ...env, now: () => 1e12 + env.now() - readings++ * HOUR_MS };
  assert.deepEqual(await stepsUnder(jumping), steady);
  assert.ok(readings > 10, "the wall clock was never looked at");
});
