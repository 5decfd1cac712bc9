/** The checkpoints that savepoints are being written of. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type JobHandle, run, type SavepointLocation, type SavepointSummary, type StateBackend } from "@tidemark/core";
import {
  fork,
  memorySavepoint,
  memorySavepointStore,
  openCheckpoint,
  openSavepoint,
  savepointIn,
} from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { memory } from "../runtime/memory.ts";
import { shopJob, shopOptions, shopRows, type ShopSinks, shopSinks, uninterrupted } from "./shop-job.ts";

/** A backend that tells which epochs each release is to keep. */
function watchedReleases(inner: StateBackend, told: (epochs: readonly number[]) => void): StateBackend {
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    open: async (job) => {
      const session = await inner.open(job);
      const release = session.release.bind(session);
      session.release = (retained) => {
        told(retained.map(({ epoch }) => epoch));
        return release(retained);
      };
      return session;
    },
  };
}

/** A job that keeps one checkpoint, and a savepoint of it that is written once eight checkpoints are complete. */
class Pinning {
  readonly sinks: ShopSinks = shopSinks();
  readonly released: (readonly number[])[] = [];
  readonly backend: StateBackend = watchedReleases(memory(), (epochs) => this.released.push(epochs));
  /** What is written late, where it can be read. */
  readonly place: SavepointLocation = savepointIn(memorySavepointStore());
  readonly late: SavepointLocation;
  completed = 0;
  #read = 0;
  #release = (): void => undefined;

  constructor() {
    const held = new Promise<void>((resolve) => (this.#release = resolve));
    // Held before the first entry is read: nothing but the pin keeps the epoch.
    this.late = {
      ...this.place,
      copy: async (checkpoint) => {
        await held;
        return this.place.copy(checkpoint);
      },
    };
  }

  /** @param at what is done after twenty records. */
  start(at: (job: JobHandle) => unknown): JobHandle {
    const handle = run(
      shopJob(this.sinks),
      shopOptions(this.backend, {
        parallelism: 2,
        checkpoint: { interval: "3ms", retained: 1 },
        trace: (event) => {
          if (event.kind === "checkpoint-completed" && ++this.completed === 8) this.#release();
          if (event.kind !== "batch" || event.channel !== undefined) return;
          const before = this.#read;
          this.#read += event.values.length;
          if (before < 20 && this.#read >= 20) at(handle);
        },
      }),
    );
    return handle;
  }
}

test("a savepoint pins its epoch while checkpoints come and go, and is no base of theirs (COR-17, RET-03, NOT-03)", async () => {
  const expected = await uninterrupted();
  const pinning = new Pinning();
  let savepoint: Promise<SavepointSummary> | undefined;
  await pinning.start((job) => (savepoint = job.savepoint(pinning.late))).finished;
  const { checkpointId } = await savepoint!;
  const { released, backend, sinks } = pinning;
  assert.ok(pinning.completed >= 8);
  const pinned = released.filter((epochs) => epochs.includes(checkpointId));
  assert.ok(pinned.length >= 5, "no release was told to keep what is being copied");
  assert.ok(pinned.every((epochs) => epochs.length <= 2));
  assert.ok(released.at(-1)?.includes(checkpointId) === false, "it is kept no longer than it takes");
  const last = await openCheckpoint(backend, { job: "shop", env: frozenEnv().env });
  assert.ok(last.checkpointId > checkpointId + 3);
  await last.close();
  assert.deepEqual(shopRows(sinks), expected);
  const other = shopSinks();
  const from = fork(pinning.place, { committables: "commit" });
  await run(shopJob(other), shopOptions(memory(), { from })).finished;
  const rest = shopRows(other);
  assert.ok(rest.length > 0);
  assert.deepEqual(new Set([...expected, ...rest]), new Set(expected));
});

test("an epoch is kept until the last of several savepoints of it is written (COR-17)", async () => {
  const pinning = new Pinning();
  const handle = pinning.start(() => undefined);
  // Before the job has begun: its first checkpoint serves both.
  const takes = [memorySavepoint(), pinning.late].map((each) => handle.savepoint(each));
  await handle.finished;
  const [quick, late] = await Promise.all(takes);
  assert.equal(quick?.checkpointId, late?.checkpointId);
  const keeping = pinning.released.filter((epochs) => epochs.includes(late!.checkpointId));
  assert.ok(keeping.length >= 5, "a release was not told to keep what is still being copied");
  assert.equal((await openSavepoint(pinning.place)).checkpointId, late?.checkpointId);
});
