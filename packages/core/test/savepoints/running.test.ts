/** Savepoints of a job that runs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  type AfterSavepoint,
  type JobHandle,
  run,
  type RunOptions,
  type SavepointLocation,
  type SavepointSummary,
  type TraceEvent,
} from "@tidemark/core";
import {
  claim,
  diff,
  fork,
  memorySavepoint,
  memorySavepointStore,
  openCheckpoint,
  openSavepoint,
  savepointIn,
  type Snapshot,
} from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { memory } from "../runtime/memory.ts";
import { thinned } from "../width.ts";
import {
  all,
  shopJob,
  shopOptions,
  shopRecords,
  shopRows,
  type ShopSinks,
  shopSinks,
  uninterrupted,
} from "./shop-job.ts";

const expected = uninterrupted();

/** A job that is told to do something once so many records were read. */
interface Acting {
  readonly sinks?: ShopSinks;
  readonly at: number;
  readonly act: (handle: JobHandle) => unknown;
  readonly trace?: (event: TraceEvent) => void;
  readonly options?: Partial<RunOptions>;
}

function acting({ sinks = shopSinks(), at, act, trace, options = {} }: Acting): JobHandle {
  let read = 0;
  let acted = false;
  const handle = run(
    shopJob(sinks),
    shopOptions(memory(), {
      parallelism: 2,
      ...options,
      trace: (event) => {
        trace?.(event);
        if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
        if (acted || read < at) return;
        acted = true;
        act(handle);
      },
    }),
  );
  return handle;
}

/** Takes a savepoint after so many records, and runs the job to its end or to where it stops. */
async function taken(
  location: SavepointLocation,
  at: number,
  after: AfterSavepoint,
  rest: Partial<Omit<Acting, "at" | "act">> = {},
): Promise<{ readonly summary: SavepointSummary; readonly outcome: string }> {
  let savepoint: Promise<SavepointSummary> | undefined;
  const handle = acting({ ...rest, at, act: (job) => (savepoint = job.savepoint(location, { after })) });
  const { outcome } = await handle.finished;
  assert.ok(savepoint !== undefined);
  return { summary: await savepoint, outcome };
}

/** How far each split was read; one that is not there any more was read to its end. */
function endsOf(snapshot: Snapshot): readonly number[] {
  const ends = [30, 30, 30, 30];
  for (const { split } of snapshot.sources<{ index: number; position: number }>()[0]!.splits) {
    ends[split.index] = split.position;
  }
  return ends;
}

describe("handle.savepoint", () => {
  it("holds everything that was read before, and the job goes on (SAV-02)", async () => {
    const sinks = shopSinks();
    const location = memorySavepoint();
    const committed = new Map<number, readonly string[]>();
    const { summary, outcome } = await taken(location, 40, "continue", {
      sinks,
      trace: (event) => {
        if (event.kind === "head-written") committed.set(event.checkpointId, shopRows(sinks));
      },
    });
    assert.equal(outcome, "finished");
    assert.deepEqual(shopRows(sinks), await expected);
    const other = shopSinks();
    const from = fork(location, { committables: "commit" });
    await run(shopJob(other), shopOptions(memory(), { from, parallelism: 3 })).finished;
    // What the first job had committed before, and what the fork commits, is everything.
    assert.deepEqual([...committed.get(summary.checkpointId)!, ...shopRows(other)].toSorted(), await expected);
    const positions = (await openSavepoint(location)).sources<{ position: number }>()[0]!.splits;
    assert.ok(positions.reduce((sum, { split }) => sum + split.position, 0) >= 40);
  });

  it("is the checkpoint, entry by entry, in whatever form it lies", async () => {
    const backend = memory();
    const location = memorySavepoint();
    await taken(location, 60, "stop", { options: { backend } });
    const checkpoint = await openCheckpoint(backend, { job: "shop", env: frozenEnv().env });
    const savepoint = await openSavepoint(location);
    assert.equal(savepoint.checkpointId, checkpoint.checkpointId);
    const found = diff(checkpoint, savepoint);
    assert.deepEqual([await all(found.entries()), found.sources], [[], []]);
    assert.deepEqual(savepoint.operators(), await checkpoint.count());
    assert.deepEqual(savepoint.takenAt, checkpoint.takenAt);
    await checkpoint.close();
  });

  it("may be taken by several at once, each in a place of its own", async () => {
    const locations = [memorySavepoint("a"), memorySavepoint("b"), memorySavepoint("c")];
    const takes: Promise<SavepointSummary>[] = [];
    const handle = acting({ at: 30, act: (job) => takes.push(...locations.map((place) => job.savepoint(place))) });
    await handle.finished;
    await Promise.all(takes);
    for (const location of locations) assert.equal((await openSavepoint(location)).job, "shop");
  });

  it("never fails the job, and leaves nothing that looks like a savepoint (CFM-04)", async () => {
    const inner = memorySavepointStore("a broken place");
    const store = { ...inner, put: () => Promise.reject(new Error("no room")) };
    const sinks = shopSinks();
    let failed: Promise<unknown> | undefined;
    const handle = acting({
      sinks,
      at: 30,
      act: (job) => {
        failed = assert.rejects(job.savepoint(savepointIn(store)), {
          code: "SAVEPOINT_FAILED",
          message: /a broken place: no room.*job is not harmed/,
        });
      },
    });
    assert.equal((await handle.finished).outcome, "finished");
    await failed;
    assert.equal(handle.metrics().restarts, 0);
    assert.deepEqual(shopRows(sinks), await expected);
    assert.deepEqual(await inner.list(), []);
  });

  it("refuses a place that is taken, and the job goes on", async () => {
    const location = memorySavepoint();
    await taken(location, 10, "continue");
    let failed: Promise<unknown> | undefined;
    const handle = acting({
      at: 30,
      act: (job) => (failed = assert.rejects(job.savepoint(location), { code: "SAVEPOINT_EXISTS" })),
    });
    await handle.finished;
    await failed;
  });

  it("outlives a restart of the job while it is written", async () => {
    const inner = memorySavepointStore();
    let crash = (): void => undefined;
    const crashed = new Promise<never>((_resolve, reject) => {
      crash = () => reject(new Error("the place went with it"));
    });
    crashed.catch(() => undefined);
    let puts = 0;
    const store = {
      ...inner,
      put: (...put: Parameters<typeof inner.put>) => (++puts === 1 ? crashed : inner.put(...put)),
    };
    const calm = frozenEnv().env;
    let crashes = 0;
    const env = {
      ...calm,
      point: (name: string) => {
        if (name !== "manifest.written" || puts !== 1 || crashes > 0) return;
        crashes++;
        crash();
        throw new Error("gone while it is written");
      },
    };
    const sinks = shopSinks();
    const { outcome } = await taken(savepointIn(store), 20, "continue", {
      sinks,
      options: { env, restart: { attempts: 3, delay: "1ms" }, checkpoint: { interval: "3ms" } },
    });
    assert.deepEqual([outcome, crashes], ["finished", 1]);
    assert.deepEqual(shopRows(sinks), await expected);
    assert.equal((await openSavepoint(savepointIn(inner))).job, "shop");
  });

  it("fails when the job is cancelled, fails for good, or is over", async () => {
    let failed: Promise<unknown> | undefined;
    const cancelled = acting({
      at: 10,
      act: (job) => {
        failed = assert.rejects(job.savepoint(memorySavepoint()), { code: "SAVEPOINT_FAILED", message: /cancelled/ });
        job.cancel();
      },
    });
    await assert.rejects(cancelled.finished, { code: "ABORTED" });
    await failed;
    await assert.rejects(cancelled.savepoint(memorySavepoint()), { code: "SAVEPOINT_FAILED", message: /is over/ });
    assert.throws(() => cancelled.savepoint(memorySavepoint(), { after: "explode" as never }), {
      code: "OPTION_INVALID",
    });
  });
});

describe("handle.savepoint, then stop", () => {
  it("lets no window fire before its time: the job goes on from it as if nothing had happened (SAV-03, FLINK-21132)", async () => {
    for (const at of [5, 25, 55, 85]) {
      const sinks = shopSinks();
      const location = memorySavepoint();
      const { outcome } = await taken(location, at, "stop", { sinks });
      assert.equal(outcome, "stopped");
      assert.ok(shopRows(sinks).length < (await expected).length);
      await run(shopJob(sinks), shopOptions(memory(), { from: claim(location) })).finished;
      assert.deepEqual(shopRows(sinks), await expected);
    }
  });

  it("resolves wherever the end of the input comes in between (COR-22, FLINK-23884)", async () => {
    for (const back of thinned([14, 12, 10, 8, 6, 4, 2, 0])) {
      const at = shopRecords - back;
      for (const after of ["stop", "continue", "drain"] as const) {
        const sinks = shopSinks();
        const location = memorySavepoint();
        await taken(location, at, after, { sinks });
        const rows = shopRows(sinks);
        const snapshot = await openSavepoint(location);
        if (after === "continue") assert.deepEqual(rows, await expected, `continue at ${at}`);
        if (after === "drain") assert.deepEqual(rows, await uninterrupted(endsOf(snapshot)), `drain at ${at}`);
        if (after !== "stop") continue;
        await run(shopJob(sinks), shopOptions(memory(), { from: claim(location) })).finished;
        assert.deepEqual(shopRows(sinks), await expected, `${after} at ${at}`);
      }
    }
  });

  it("resolves when the last checkpoint is already under way (COR-22, FLINK-23884)", async () => {
    const sinks = shopSinks();
    const location = memorySavepoint();
    let savepoint: Promise<SavepointSummary> | undefined;
    let ended = 0;
    const handle = acting({
      sinks,
      at: Infinity,
      act: () => undefined,
      options: { checkpoint: { interval: "none" } },
      trace: (event) => {
        if (event.kind === "ended") ended++;
        if (event.kind === "head-written") savepoint ??= handle.savepoint(location, { after: "stop" });
      },
    });
    await handle.finished;
    assert.ok(ended > 0);
    await savepoint;
    await run(shopJob(sinks), shopOptions(memory(), { from: claim(location) })).finished;
    assert.deepEqual(shopRows(sinks), await expected);
  });
});

describe("handle.savepoint, then drain", () => {
  it("takes event time to its end: everything fires for what was read (SAV-03)", async () => {
    for (const at of [12, 48, 84]) {
      const sinks = shopSinks();
      const location = memorySavepoint();
      const { outcome } = await taken(location, at, "drain", { sinks });
      assert.equal(outcome, "finished");
      const snapshot = await openSavepoint(location);
      assert.ok(snapshot.drained);
      assert.equal((await all(snapshot.timers({ clock: "event" }))).length, 0);
      assert.deepEqual(shopRows(sinks), await uninterrupted(endsOf(snapshot)));
      assert.ok(sinks.out.calls.some(({ kind }) => kind === "finish"));
    }
  });

  it("is not meant to be gone on from: a job does so only if told, and its own place is over", async () => {
    const sinks = shopSinks();
    const backend = memory();
    const location = memorySavepoint();
    await taken(location, 48, "drain", { sinks, options: { backend } });
    const rows = shopRows(sinks);
    const from = claim(location);
    await assert.rejects(run(shopJob(sinks), shopOptions(memory(), { from })).finished, {
      code: "STATE_INCOMPATIBLE",
      message: /was drained.*allowDrained/,
    });
    const again = await run(shopJob(sinks), shopOptions(backend)).finished;
    assert.deepEqual([again.outcome, again.metrics.recordsIn, shopRows(sinks)], ["finished", 0, rows]);
    const further = await run(shopJob(sinks), shopOptions(memory(), { from, allowDrained: true })).finished;
    assert.equal(further.outcome, "finished");
    assert.ok(further.metrics.recordsIn > 0);
  });

  it("commits what fired although the process dies between the head and the commits", async () => {
    const sinks = shopSinks();
    const backend = memory();
    const calm = frozenEnv().env;
    let draining = false;
    let drained = 0;
    const dying = {
      ...calm,
      point: (name: string) => {
        if (name === "manifest.written" && draining) drained++;
        if (name === "commit.starting" && drained > 0) throw new Error("gone");
      },
    };
    let handleRun: Promise<unknown> | undefined;
    const handle = acting({
      sinks,
      at: 48,
      options: { backend, env: dying, checkpoint: { interval: "none" } },
      act: (job) => {
        draining = true;
        handleRun = assert.rejects(job.savepoint(memorySavepoint(), { after: "drain" }), { code: "SAVEPOINT_FAILED" });
      },
    });
    await assert.rejects(handle.finished, /gone/);
    await handleRun;
    const checkpoint = await openCheckpoint(backend, { job: "shop", env: calm });
    assert.ok(checkpoint.drained);
    const ends = endsOf(checkpoint);
    await checkpoint.close();
    await run(shopJob(sinks), shopOptions(backend)).finished;
    assert.deepEqual(shopRows(sinks), await uninterrupted(ends));
  });
});
