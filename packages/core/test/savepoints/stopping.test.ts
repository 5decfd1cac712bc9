import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { run, type RunOptions, type StateBackend } from "@tidemark/core";
import { claim, memorySavepoint, openSavepoint, type SavepointSummary } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { memory } from "../runtime/memory.ts";
import { shopJob, shopOptions, shopRows, shopSinks, uninterrupted } from "./shop-job.ts";

/** A backend whose releases wait for something, and fail if it does. */
function failingRelease(inner: StateBackend, before: () => Promise<void>): StateBackend {
  return {
    ...inner,
    open: async (job) => {
      const session = await inner.open(job);
      const release = session.release.bind(session);
      session.release = async (retained) => {
        await before();
        await release(retained);
      };
      return session;
    },
  };
}

describe("handle.savepoint, then stop, and a failure before the end", () => {
  it("is of the last checkpoint, whichever comes to be that: what an earlier one holds was committed since", async () => {
    const calm = frozenEnv().env;
    let written = (): void => undefined;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const env = { ...calm, point: (name: string) => name === "savepoint.written" && written() };
    let crashes = 0;
    let newest = 0;
    const sinks = shopSinks();
    const location = memorySavepoint();
    const backend = failingRelease(memory(), async () => {
      if (crashes++ > 0) return;
      await isWritten;
      throw new Error("gone before the job has ended");
    });
    let savepoint: Promise<SavepointSummary> | undefined;
    let read = 0;
    const options = { env, parallelism: 2, restart: { attempts: 3, delay: "1ms" }, checkpoint: { interval: "none" } };
    const handle = run(
      shopJob(sinks),
      shopOptions(backend, {
        ...(options as Partial<RunOptions>),
        trace: (event) => {
          if (event.kind === "head-written") newest = event.checkpointId;
          if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
          if (read >= 40) savepoint ??= handle.savepoint(location, { after: "stop" });
        },
      }),
    );
    const { outcome } = await handle.finished;
    const summary = await savepoint;
    assert.deepEqual([outcome, crashes], ["stopped", 2]);
    assert.equal(summary?.checkpointId, newest);
    assert.equal((await openSavepoint(location)).checkpointId, newest);
    await run(shopJob(sinks), shopOptions(memory(), { from: claim(location) })).finished;
    assert.deepEqual(shopRows(sinks), await uninterrupted());
  });
});
