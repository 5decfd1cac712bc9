/** When checkpoints are taken, what is in them, and in which order they become real. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, type StateBackend, type SubtaskName, type TraceEvent } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { suiteJobs } from "./pipelines.ts";
import { latch, until } from "./settle.ts";

const numbers = (count: number, first: number = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);
const nameOf = ({ stage, subtask }: SubtaskName): string => `${stage} (${subtask})`;

function completedIn(events: readonly TraceEvent[]): number {
  return events.filter(({ kind }) => kind === "checkpoint-completed").length;
}

test("run: a bounded job ends at once though the interval is an hour, and everything is committed (FIN-07, COR-07)", async () => {
  const { env } = frozenEnv();
  const { sink, rows, calls } = ledgerSink<number>();
  const job = pipeline("bounded");
  job.source("numbers", pacedSource([numbers(100)])).sink("out", sink);
  const { outcome, metrics } = await run(job, { backend: memory(), env, checkpoint: { interval: "1h" } }).finished;
  assert.equal(outcome, "finished");
  assert.deepEqual(rows, numbers(100));
  assert.ok(env.monotonic() < 10_000, `it took ${env.monotonic()} ms`);
  assert.equal(metrics.checkpoints.completed, 1);
  assert.deepEqual(calls.at(-1), { kind: "finish" });
});

test("run: what comes after the last periodic barrier is committed by the final checkpoint (FIN-06, COR-07)", async () => {
  const { env } = frozenEnv();
  const gate = latch();
  const events: TraceEvent[] = [];
  const { sink, rows, calls } = ledgerSink<number>();
  const job = pipeline("tail");
  job
    .source(
      "numbers",
      pacedSource([numbers(30)], { hold: (_split, position) => (position < 20 ? undefined : gate.hold) }),
    )
    .sink("out", sink);
  const handle = run(job, {
    backend: memory(),
    env,
    checkpoint: { interval: "5ms" },
    trace: (event) => events.push(event),
  });
  await until(env, () => rows.length === 20 && completedIn(events) > 8, "the first twenty are committed");
  gate.open();
  await handle.finished;
  assert.deepEqual(rows, numbers(30));
  const last = calls.findLast(({ kind }) => kind === "commit");
  assert.ok(last?.kind === "commit");
  assert.deepEqual(last.checkpointIds, [handle.metrics().checkpoints.last?.checkpointId]);
});

test("run: a failure before the first checkpoint begins again at the start (RES-02, COR-28)", async () => {
  const { env } = frozenEnv();
  const crashes = crashesAfter(0);
  const positions: number[] = [];
  const { sink, rows } = ledgerSink<number>();
  const source = pacedSource([numbers(20)], { assigned: ({ position }) => positions.push(position) });
  const job = pipeline("early");
  job
    .source("numbers", source)
    .map((n) => (n < 10 ? n : crashes.pass(n)))
    .keyBy((n) => n % 3)
    .reduce("sum", (sum, n) => sum + n)
    .sink("out", sink);
  const options = {
    backend: memory(),
    env,
    trace: crashes.trace,
    checkpoint: { interval: "1h" },
    restart: { delay: "1ms" },
  } as const;
  const { metrics } = await run(job, options).finished;
  assert.deepEqual(positions, [0, 0]);
  assert.equal(metrics.restoredFrom, undefined);
  assert.equal(metrics.restarts, 1);
  const sums = [0, 0, 0];
  assert.deepEqual(
    rows,
    numbers(20).map((n) => (sums[n % 3] = (sums[n % 3] as number) + n)),
  );
});

test("run: a source that never yields again still checkpoints, and so does the rest of the job (BAR-05)", async () => {
  const { env } = frozenEnv();
  const { sink, rows } = ledgerSink<number>();
  const job = pipeline("silent");
  const silent = job.source("silent", pacedSource([numbers(3)], { bounded: false }));
  const lively = job.source("lively", pacedSource([numbers(30, 100)]));
  silent.union(lively).sink("out", sink);
  const handle = run(job, { backend: memory(), env, checkpoint: { interval: "5ms" } });
  await until(env, () => rows.length === 33 && handle.metrics().checkpoints.completed > 20, "all rows are committed");
  handle.stop();
  assert.equal((await handle.finished).outcome, "stopped");
  assert.equal(handle.metrics().checkpoints.aborted, 0);
  assert.deepEqual(
    rows.toSorted((a, b) => a - b),
    [...numbers(3), ...numbers(30, 100)],
  );
});

for (const host of ["local", bytesHost] as const) {
  test(`run: an input that waits for the barrier of another one flows again when the checkpoint expires, host ${String(host)} (BAR-11, COR-01)`, async () => {
    const { env } = frozenEnv();
    const gate = latch();
    const events: TraceEvent[] = [];
    const union = ledgerSink<number>();
    const slow = ledgerSink<number>({ fullAt: 1, drain: () => gate.opened });
    const job = pipeline("alignment");
    const fast = job.source("fast", pacedSource([numbers(200)], { perPoll: 1 }));
    const stuck = job.source("stuck", pacedSource([numbers(10, 1_000)], { perPoll: 1 }));
    stuck.sink("slow", slow.sink);
    fast.union(stuck).sink("union", union.sink);
    const handle = run(job, {
      backend: memory(),
      env,
      host,
      channelRecords: 2,
      checkpoint: { interval: "20ms", timeout: "30ms", tolerableFailures: 1_000 },
      trace: (event) => events.push(event),
    });
    const expired = (): number => events.filter(({ kind }) => kind === "checkpoint-aborted").length;
    await until(env, () => expired() > 0, "the first checkpoint expires");
    assert.ok(union.written < 200);
    assert.ok(
      events.some(({ kind }) => kind === "channel-blocked"),
      "a channel was blocked",
    );
    // Everything of the fast input comes through although the stuck one never lets a barrier pass.
    await until(env, () => union.written >= 200, "the fast input flows on");
    assert.equal(completedIn(events), 0);
    gate.open();
    await handle.finished;
    assert.deepEqual(
      union.rows.toSorted((a, b) => a - b),
      [...numbers(200), ...numbers(10, 1_000)],
    );
    assert.deepEqual(slow.rows, numbers(10, 1_000));
  });

  test(`run: the steps of a checkpoint come in their order, host ${String(host)} (BAR-04, BAR-14, TRG-16, STAT-09, COR-14, COR-21)`, async () => {
    for (const job of suiteJobs) {
      const { sink } = ledgerSink<string>();
      const events: TraceEvent[] = [];
      const options = { parallelism: 3, checkpoint: { interval: "2ms" }, channelRecords: 4 } as const;
      await run(job.build({ sink, pass: (value) => value }), {
        backend: memory(),
        env: frozenEnv().env,
        host,
        trace: (event) => events.push(event),
        ...options,
      }).finished;
      assert.ok(completedIn(events) > 3);
      checkSteps(events);
      checkBlocked(events);
    }
  });
}

/** Frozen, then forwarded, everywhere; all acknowledged, then the manifest, then the head, and only then commits. */
function checkSteps(events: readonly TraceEvent[]): void {
  const frozen = new Set<string>();
  const forwarded = new Set<string>();
  const acknowledged = new Map<number, number>();
  const manifests = new Set<number>();
  const heads = new Set<number>();
  const subtasks = new Set(events.flatMap((event) => (event.kind === "acknowledged" ? [nameOf(event.at)] : []))).size;
  for (const event of events) {
    switch (event.kind) {
      case "barrier-received":
        // The upstream has snapshotted and forwarded by then.
        assert.ok(
          frozen.has(`${event.checkpointId} ${nameOf(event.channel.from)}`),
          "a barrier came before its snapshot",
        );
        break;
      case "snapshot-frozen":
        frozen.add(`${event.checkpointId} ${nameOf(event.at)}`);
        break;
      case "barrier-forwarded":
        assert.ok(
          frozen.has(`${event.checkpointId} ${nameOf(event.at)}`),
          "a barrier was forwarded before the snapshot",
        );
        forwarded.add(`${event.checkpointId} ${nameOf(event.at)}`);
        break;
      case "acknowledged":
        assert.ok(forwarded.has(`${event.checkpointId} ${nameOf(event.at)}`));
        acknowledged.set(event.checkpointId, (acknowledged.get(event.checkpointId) ?? 0) + 1);
        break;
      case "manifest-written":
        assert.equal(
          acknowledged.get(event.checkpointId),
          subtasks,
          "a manifest was written before everybody had acknowledged",
        );
        manifests.add(event.checkpointId);
        break;
      case "head-written":
        assert.ok(manifests.has(event.checkpointId), "the head was written before the manifest");
        heads.add(event.checkpointId);
        break;
      case "committed":
        assert.ok(heads.has(event.checkpointId), "a commit came before the head");
        break;
      default:
    }
  }
}

/** Between the barrier of a channel and the end of the alignment no record of the channel is given out. */
function checkBlocked(events: readonly TraceEvent[]): void {
  const blocked = new Set<string>();
  for (const event of events) {
    if (event.kind === "channel-blocked") blocked.add(`${nameOf(event.at)} ${event.channel.index}`);
    if (event.kind === "batch" && event.channel !== undefined) {
      assert.ok(
        !blocked.has(`${nameOf(event.at)} ${event.channel.index}`),
        "a record overtook the barrier of another channel",
      );
    }
    if (event.kind === "alignment-ended") {
      const prefix = `${nameOf(event.at)} `;
      for (const channel of blocked) if (channel.startsWith(prefix)) blocked.delete(channel);
    }
  }
}

test("run: no sink commits before the head lists the checkpoint (COR-14)", async () => {
  const listed = new Set<number>();
  const commits: number[] = [];
  const ledger = ledgerSink<number>();
  const { sink } = ledger;
  const watched = {
    ...sink,
    createCommitter: (context: Parameters<NonNullable<typeof sink.createCommitter>>[0]) => {
      const committer = sink.createCommitter?.(context);
      assert.ok(committer);
      return {
        ...committer,
        commit: (requests: Parameters<typeof committer.commit>[0]) => {
          for (const { checkpointId } of requests) {
            commits.push(checkpointId);
            assert.ok(listed.has(checkpointId), `checkpoint ${checkpointId} was committed and is not listed`);
          }
          return committer.commit(requests);
        },
      };
    },
  };
  const job = pipeline("order");
  job.source("numbers", pacedSource([numbers(60)])).sink("out", watched);
  await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "3ms" },
    trace: (event) => {
      if (event.kind === "head-written") listed.add(event.checkpointId);
    },
  }).finished;
  assert.ok(commits.length > 3);
  assert.deepEqual(ledger.rows, numbers(60));
});

test("run: what a crash left uncommitted is committed at the next start, and what was committed only once (NOT-07, SNK-04, COR-04)", async () => {
  for (const moment of ["head-written", "checkpoint-completed", "committed"] as const) {
    const backend = memory();
    const { sink, rows, calls } = ledgerSink<number>();
    const build = (): ReturnType<typeof pipeline> => {
      const job = pipeline("interrupted");
      job.source("numbers", pacedSource([numbers(60)])).sink("out", sink);
      return job;
    };
    let seen = 0;
    const { env } = frozenEnv();
    const first = run(build(), {
      backend,
      env,
      checkpoint: { interval: "3ms" },
      trace: (event) => {
        if (event.kind === moment && ++seen === 3) first.cancel();
      },
    });
    await assert.rejects(first.finished, { name: "AbortError", code: "ABORTED" });
    const before = rows.length;
    assert.ok(before > 0 && before < 60);
    await run(build(), { backend, env: frozenEnv().env, checkpoint: { interval: "3ms" } }).finished;
    assert.deepEqual(rows, numbers(60), moment);
    const restored = calls.findLast(({ kind }) => kind === "recover");
    assert.ok(
      restored?.kind === "recover" && restored.ids.length === 1,
      "the committables of the checkpoint are restored",
    );
    const again = calls[calls.indexOf(restored) + 1];
    assert.ok(again?.kind === "commit");
    assert.equal(again.repeated, moment === "committed" ? 1 : 0);
  }
});

test("run: a commit that says retry is asked for again, and one that cannot be done fails the job (SNK-05)", async () => {
  const job = (answer: (call: number) => "retry" | { readonly failed: string } | undefined) => {
    const ledger = ledgerSink<number>({ answer });
    const built = pipeline("retry");
    built.source("numbers", pacedSource([numbers(10)])).sink("out", ledger.sink);
    return {
      ledger,
      handle: run(built, { backend: memory(), env: frozenEnv().env, checkpoint: { interval: "none" } }),
    };
  };
  const patient = job((call) => (call < 3 ? "retry" : undefined));
  await patient.handle.finished;
  assert.deepEqual(patient.ledger.rows, numbers(10));

  const lost = job(() => ({ failed: "the table is gone" }));
  await assert.rejects(lost.handle.finished, { code: "COMMIT_FAILED", message: /"out".*the table is gone/ });
  assert.equal(lost.handle.metrics().restarts, 0);

  const never = job(() => "retry");
  await assert.rejects(never.handle.finished, { code: "COMMIT_FAILED" });
});

test("run: a manifest that is written when its attempt has failed is no step of the next attempt", async () => {
  const events: TraceEvent[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let writing: string | undefined;
  const inner = memory();
  const backend: StateBackend = {
    ...inner,
    open: async (options) => {
      const session = await inner.open(options);
      const { manifests } = session;
      const write = manifests.write.bind(manifests);
      manifests.write = async (name, bytes) => {
        if (writing === undefined) {
          writing = name;
          await held;
        }
        await write(name, bytes);
      };
      return session;
    },
  };
  const ledger = ledgerSink<number>();
  let threw = false;
  const job = pipeline("late");
  const source = pacedSource([Array.from({ length: 200 }, (_, index) => index)]);
  job
    .source("numbers", source)
    .map((n) => {
      if (writing !== undefined && !threw) {
        threw = true;
        throw new RangeError("while the manifest is being written");
      }
      return n;
    })
    .sink("out", ledger.sink);
  await run(job, {
    backend,
    env: frozenEnv().env,
    checkpoint: { interval: "2ms" },
    restart: { delay: "1ms" },
    trace: (event) => {
      events.push(event);
      if (event.kind === "attempt-started" && event.generation > 1) release();
    },
  }).finished;
  assert.ok(threw);
  assert.equal(new Set(ledger.rows).size, 200);
  const again = events.findIndex((event) => event.kind === "attempt-started" && event.generation > 1);
  const triggered = new Set<number>();
  for (const event of events.slice(again)) {
    if (event.kind === "checkpoint-triggered") triggered.add(event.checkpointId);
    if (event.kind !== "manifest-written") continue;
    assert.ok(triggered.has(event.checkpointId), `checkpoint ${event.checkpointId} is not of this attempt`);
  }
});
