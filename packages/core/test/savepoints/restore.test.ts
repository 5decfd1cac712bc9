/** Jobs that begin with a savepoint. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  type JobResult,
  type JobOrigin,
  run,
  type RunOptions,
  type SavepointLocation,
  type StateBackend,
} from "@tidemark/core";
import {
  claim,
  fork,
  memorySavepoint,
  openCheckpoint,
  openSavepoint,
  rewrite,
  type RewriteOptions,
} from "@tidemark/core/savepoints";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { memory } from "../runtime/memory.ts";
import { thinned } from "../width.ts";
import {
  all,
  type ShopIds,
  shopJob,
  shopOptions,
  shopRows,
  type ShopSinks,
  shopSinks,
  uninterrupted,
} from "./shop-job.ts";

const { env } = frozenEnv();
const expected = uninterrupted();

/** Runs the job until it dies with a complete checkpoint whose rows are not committed. */
async function died(sinks: ShopSinks, options: Partial<RunOptions> = {}): Promise<StateBackend> {
  const backend = memory();
  let commits = 0;
  const calm = frozenEnv().env;
  const dying = {
    ...calm,
    point: (name: string) => {
      if (name === "commit.starting" && ++commits === 4) throw new Error("the process is gone");
    },
  };
  const handle = run(shopJob(sinks), shopOptions(backend, { ...options, env: dying }));
  await assert.rejects(handle.finished, /the process is gone/);
  return backend;
}

/** Its last checkpoint as a savepoint. */
async function savepointOf(backend: StateBackend, options: RewriteOptions = {}): Promise<SavepointLocation> {
  const location = memorySavepoint();
  const checkpoint = await openCheckpoint(backend, { job: "shop", env });
  assert.ok(checkpoint.sinks().some(({ committables }) => committables.length > 0));
  await rewrite(checkpoint, location, options);
  await checkpoint.close();
  return location;
}

function begin(
  sinks: ShopSinks,
  from: JobOrigin,
  options: Partial<RunOptions> & { readonly ids?: ShopIds } = {},
): Promise<JobResult> {
  const { ids, ...rest } = options;
  return run(shopJob(sinks, ids), shopOptions(memory(), { from, ...rest })).finished;
}

const PARALLELISMS = [1, 2, 3, 5];

describe("run from a claimed savepoint", () => {
  for (const [turn, before] of PARALLELISMS.entries()) {
    for (const after of thinned(PARALLELISMS, turn)) {
      it(`goes on at parallelism ${after} from ${before} as if nothing had happened (RSC-07, RES-03)`, async () => {
        const sinks = shopSinks();
        const savepoint = await savepointOf(await died(sinks, { parallelism: before }));
        const result = await begin(sinks, claim(savepoint), { parallelism: after });
        assert.equal(result.outcome, "finished");
        assert.deepEqual(shopRows(sinks), await expected);
      });
    }
  }

  it("goes on in the other host, and in stages cut otherwise", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks, { parallelism: 2 }));
    await begin(sinks, claim(savepoint), { host: bytesHost, fuse: false, parallelism: 2 });
    assert.deepEqual(shopRows(sinks), await expected);
  });

  it("goes on with steps of other names, and with a new step (UID-02)", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks, { parallelism: 2 }));
    const from: JobOrigin = claim(savepoint, { rename: { customers: "a-clients", items: "zz-items" } });
    await begin(sinks, from, { ids: { customers: "a-clients", items: "zz-items", extra: "extra" } });
    assert.deepEqual(shopRows(sinks), await expected);
  });

  it("repeats no id and no generation of the job before: a sink's names are never used twice", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks));
    const { checkpointId, image } = await openSavepoint(savepoint);
    const backend = memory();
    const triggered: number[] = [];
    await run(
      shopJob(sinks),
      shopOptions(backend, {
        from: claim(savepoint),
        trace: (event) => {
          if (event.kind === "checkpoint-triggered") triggered.push(event.checkpointId);
          if (event.kind === "attempt-started") assert.ok(event.generation > image.facts.generation);
        },
      }),
    ).finished;
    assert.ok(triggered.length > 0 && triggered.every((id) => id > checkpointId));
  });

  it("goes on from its own checkpoints once it has some, the savepoint notwithstanding (RES-01, INC-05)", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks));
    const backend = memory();
    const from: JobOrigin = claim(savepoint);
    const first = await run(shopJob(sinks), shopOptions(backend, { from, until: { records: 10 } })).finished;
    const second = await run(shopJob(sinks), shopOptions(backend, { from, until: { records: 10 } })).finished;
    assert.ok((second.metrics.restoredFrom ?? 0) > (first.metrics.restoredFrom ?? Infinity));
    await savepoint.delete();
    await run(shopJob(sinks), shopOptions(backend, { from })).finished;
    assert.deepEqual(shopRows(sinks), await expected);
  });

  it("begins with it again if it dies before its first checkpoint", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks));
    const backend = memory();
    const from: JobOrigin = claim(savepoint);
    for (const point of ["restore.state", "restore.done", "snapshot.written", "manifest.written"]) {
      const dying = frozenEnv().env;
      const crash = {
        ...dying,
        point: (name: string) => {
          if (name === point) throw new Error(`gone at ${point}`);
        },
      };
      await assert.rejects(run(shopJob(sinks), shopOptions(backend, { from, env: crash })).finished, /gone at/);
    }
    await run(shopJob(sinks), shopOptions(backend, { from })).finished;
    assert.deepEqual(shopRows(sinks), await expected);
  });
});

describe("run from a fork", () => {
  it("commits what was pending, and leaves the savepoint to others (RES-03)", async () => {
    const origin = shopSinks();
    const savepoint = await savepointOf(await died(origin));
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const sinks = shopSinks();
        await begin(sinks, fork(savepoint, { committables: "commit" }));
        return shopRows(sinks);
      }),
    );
    const [first, second] = runs;
    assert.deepEqual(first, second);
    assert.deepEqual([...shopRows(origin), ...first!].toSorted(), await expected);
  });

  it("drops what was pending if told so, and nothing else (SAV-05)", async () => {
    const origin = shopSinks();
    const backend = await died(origin);
    const savepoint = await savepointOf(backend);
    const sinks = shopSinks();
    await begin(sinks, fork(savepoint, { committables: "drop" }));
    // The job that it was taken of goes on, and commits those itself.
    await run(shopJob(origin), shopOptions(backend, { until: { records: 0 } })).finished;
    assert.deepEqual([...shopRows(origin), ...shopRows(sinks)].toSorted(), await expected);
  });
});

describe("run from a savepoint that does not fit", () => {
  it("refuses state of a step that is gone, unless it is named (RES-04)", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks));
    const ids = { items: "other-items" };
    await assert.rejects(begin(sinks, claim(savepoint), { ids }), {
      code: "STATE_UNMAPPED",
      message: /no step "items" .*allowUnmapped/,
    });
    const backend = memory();
    const options = { from: claim(savepoint), allowUnmapped: ["items"] };
    await run(shopJob(sinks, ids), shopOptions(backend, { ...options, until: { records: 10 } })).finished;
    const next = await openCheckpoint(backend, { job: "shop", env });
    assert.equal((await all(next.entries({ operator: "items" }))).length, 0);
    await next.close();
  });

  it("skips a step that is gone and has no entries (RES-04)", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks), { keep: ({ operator }) => operator !== "items" });
    const result = await begin(sinks, claim(savepoint), { ids: { items: "other-items" } });
    assert.equal(result.outcome, "finished");
  });

  it("adopts its key groups if nobody asked for a number, and refuses another one (RSC-03, COR-19)", async () => {
    const sinks = shopSinks();
    const savepoint = await savepointOf(await died(sinks, { keyGroups: 12 }));
    const from: JobOrigin = claim(savepoint);
    await assert.rejects(begin(sinks, from, { keyGroups: 128 }), {
      code: "STATE_INCOMPATIBLE",
      message: /has 12 key groups .* asks for 128 .*set keyGroups to 12, or leave it out/,
    });
    await assert.rejects(begin(sinks, from, { parallelism: 13 }), {
      code: "PARALLELISM_INVALID",
      message: /12 key groups/,
    });
    await begin(sinks, from, { parallelism: 5 });
    assert.deepEqual(shopRows(sinks), await expected);
  });

  it("adopts the key groups of a checkpoint likewise (RSC-03)", async () => {
    const sinks = shopSinks();
    const backend = await died(sinks, { keyGroups: 12 });
    await run(shopJob(sinks), shopOptions(backend, { parallelism: 3 })).finished;
    assert.deepEqual(shopRows(sinks), await expected);
  });

  it("refuses a backend whose checkpoints come from elsewhere", async () => {
    const sinks = shopSinks();
    const backend = await died(sinks);
    const savepoint = await savepointOf(backend);
    const from: JobOrigin = claim(savepoint);
    const handle = run(shopJob(sinks), shopOptions(backend, { from }));
    await assert.rejects(handle.finished, { code: "STATE_FOREIGN_JOB", message: /comes from no savepoint/ });
    // Nor does it help if the savepoint is gone: these checkpoints never came from one.
    await savepoint.delete();
    const again = run(shopJob(sinks), shopOptions(backend, { from }));
    await assert.rejects(again.finished, { code: "STATE_FOREIGN_JOB", message: /comes from no savepoint/ });
  });

  it("refuses a place without a savepoint", async () => {
    const from: JobOrigin = claim(memorySavepoint());
    await assert.rejects(begin(shopSinks(), from), { code: "CHECKPOINT_MISSING" });
  });

  it("refuses a claim or a fork that does not say what it is", () => {
    const savepoint = memorySavepoint();
    assert.throws(() => fork(savepoint, {} as { committables: "drop" }), { code: "OPTION_INVALID" });
    assert.throws(() => claim({} as SavepointLocation), { code: "OPTION_INVALID" });
  });

  it("takes a savepoint of another job for a fork, not for a claim (SAV-05)", async () => {
    const savepoint = await savepointOf(await died(shopSinks()));
    const sinks = shopSinks();
    const other = { ...shopJob(sinks), graph: { ...shopJob(sinks).graph, name: "other shop" } };
    const started = run(other, shopOptions(memory(), { from: claim(savepoint) }));
    await assert.rejects(started.finished, { code: "STATE_FOREIGN_JOB" });
    const from: JobOrigin = fork(savepoint, { committables: "commit" });
    await run(other, shopOptions(memory(), { from })).finished;
  });
});
