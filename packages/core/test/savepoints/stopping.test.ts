import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { run, type RunOptions, type StateBackend } from "@tidemark/core";
import { claim, memorySavepoint, openSavepoint, type SavepointSummary } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { memory } from "../runtime/memory.ts";
import { shopJob, shopOptions, shopRows, shopSinks, uninterrupted } from "./shop-job.ts";

/** A backend whose manifests wait for something before they are written. */
function slowManifests(inner: StateBackend, before: (name: string) => Promise<void>): StateBackend {
  return {
    ...inner,
    open: async (job) => {
      const session = await inner.open(job);
      const { manifests } = session;
      const write = async (name: string, bytes: Uint8Array): Promise<void> => {
        await before(name);
        await manifests.write(name, bytes);
      };
      return Object.assign(session, {
        manifests: {
          read: (name: string) => manifests.read(name),
          list: () => manifests.list(),
          write,
        },
      });
    },
  };
}

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

describe("handle.savepoint, then stop, where checkpoints overlap", () => {
  it("is of the last checkpoint: none begins beside it, however long it takes, and nothing is committed behind it (COR-22)", async () => {
    const { env } = frozenEnv();
    const sinks = shopSinks();
    const location = memorySavepoint();
    const [triggered, completed]: [number[], number[]] = [[], []];
    let savepoint: Promise<SavepointSummary> | undefined;
    let final: { readonly id: number; readonly at: number } | undefined;
    // Periodic ones would fall due again and again before the last one is through.
    const backend = slowManifests(memory(), async () => {
      if (final === undefined) return;
      const { at } = final;
      while (env.monotonic() < at + 50) await env.turn();
    });
    let read = 0;
    const handle = run(
      shopJob(sinks),
      shopOptions(backend, {
        env,
        parallelism: 2,
        checkpoint: { interval: "1ms", maxConcurrent: 3 },
        trace: (event) => {
          if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
          if (event.kind === "checkpoint-completed") completed.push(event.checkpointId);
          if (event.kind === "checkpoint-triggered") {
            triggered.push(event.checkpointId);
            if (event.request === "final") final = { id: event.checkpointId, at: env.monotonic() };
          }
          if (read >= 40) savepoint ??= handle.savepoint(location, { after: "stop" });
        },
      }),
    );
    assert.equal((await handle.finished).outcome, "stopped");
    const summary = await savepoint;
    assert.ok(final !== undefined && triggered.length > 2 && env.monotonic() >= final.at + 50);
    assert.deepEqual([triggered.at(-1), completed.at(-1), summary?.checkpointId], [final.id, final.id, final.id]);
    await run(shopJob(sinks), shopOptions(memory(), { from: claim(location) })).finished;
    assert.deepEqual(shopRows(sinks), await uninterrupted());
  });
});
