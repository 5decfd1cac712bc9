/** A region that fails before there is a checkpoint goes back to where the job began, alone (RST-05). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { run, type SavepointLocation, type TraceEvent } from "@tidemark/core";
import { claim, memorySavepoint, type SavepointSummary } from "@tidemark/core/savepoints";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { memory } from "./memory.ts";
import { assertWhole, throwsAt, twoPipelines, type TwoSinks } from "./two-pipelines.ts";

/** Stops a job with a savepoint in the middle. */
async function stopped(location: ReturnType<typeof memorySavepoint>): Promise<TwoSinks> {
  const { job, fails, steady } = twoPipelines();
  let savepoint: Promise<SavepointSummary> | undefined;
  let read = 0;
  const handle = run(job, {
    backend: memory(),
    env: frozenEnv().env,
    parallelism: 2,
    checkpoint: { interval: "4ms" },
    trace: (event) => {
      if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
      if (read >= 90) savepoint ??= handle.savepoint(location, { after: "stop" });
    },
  });
  await handle.finished;
  await savepoint;
  return { fails, steady };
}

/** A place whose savepoints give nothing once they are closed, and tell how many are open. */
function closing(place: SavepointLocation): { readonly location: SavepointLocation; readonly open: () => number } {
  let open = 0;
  const location: SavepointLocation = {
    ...place,
    open: async (options) => {
      const image = await place.open(options);
      let isOpen = true;
      open++;
      return {
        name: image.name,
        identity: image.identity,
        facts: image.facts,
        scan: (range) => {
          assert.ok(isOpen, "a savepoint that is closed is read");
          return image.scan(range);
        },
        close: async () => {
          if (isOpen) open--;
          isOpen = false;
          await image.close();
        },
      };
    },
  };
  return { location, open: () => open };
}

describe("a region that fails before the first checkpoint", () => {
  for (const [host, parallelism] of [
    ["local", 1],
    ["local", 3],
    [bytesHost, 2],
  ] as const) {
    it(`of a job that began with a savepoint brings its part of it in again, ${String(host)} × ${parallelism} (RST-05)`, async () => {
      const location = memorySavepoint();
      const sinks = await stopped(location);
      assert.ok(sinks.fails.rows.length > 0 && sinks.fails.rows.length < 120);
      const place = closing(location);
      let completed = 0;
      const openLater: number[] = [];
      const { job, going, failing } = twoPipelines({ sinks, pass: throwsAt(3, 9, 40) });
      const events: TraceEvent[] = [];
      const { outcome, metrics } = await run(job, {
        backend: memory(),
        env: frozenEnv().env,
        host,
        parallelism,
        from: claim(place.location),
        checkpoint: { interval: "20ms" },
        restart: { attempts: 3, delay: "1ms" },
        trace: (event) => {
          events.push(event);
          if (event.kind === "checkpoint-completed") completed++;
          if (event.kind === "checkpoint-triggered" && completed > 0) openLater.push(place.open());
        },
      }).finished;
      assert.deepEqual([outcome, metrics.restarts], ["finished", 3]);
      assertWhole(sinks.fails.rows);
      assertWhole(sinks.steady.rows);
      assert.ok(
        openLater.length > 0 && openLater.every((open) => open === 0),
        "it is closed once there is a checkpoint",
      );
      assert.equal(place.open(), 0);
      const kinds = events.map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === "attempt-started").length, 1, "the whole job was restarted");
      assert.ok(kinds.indexOf("region-restarted") < kinds.indexOf("checkpoint-completed"));
      assert.equal(going.readers(), parallelism);
      assert.equal(failing.readers(), 4 * parallelism);
    });
  }

  it("of a job that begins with nothing begins with nothing again (RST-05, COR-28)", async () => {
    const { job, fails, steady, going } = twoPipelines({ pass: throwsAt(30, 70) });
    const { metrics } = await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      checkpoint: { interval: "none" },
      restart: { attempts: 2, delay: "1ms" },
    }).finished;
    assert.deepEqual([metrics.restarts, going.readers()], [2, 1]);
    assertWhole(fails.rows);
    assertWhole(steady.rows);
  });
});
