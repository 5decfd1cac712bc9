/** What cannot be committed costs its own region a restart, and the others nothing (RST-05). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { ConnectorError, run, type TraceEvent } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { memory } from "./memory.ts";
import { assertWhole, twoPipelines } from "./two-pipelines.ts";

/** Fails some of the calls of a committer. */
function failsAt(...calls: readonly number[]): () => undefined {
  let call = 0;
  return () => {
    if (calls.includes(call++)) throw new ConnectorError("SINK_IO", `call ${call - 1} was refused`);
    return undefined;
  };
}

describe("a commit that fails, in a job of several regions", () => {
  for (const [what, calls] of [
    ["once in a while", [1, 4, 7]],
    ["in its restart, too", [2, 3, 4]],
  ] as const) {
    it(`${what}: is done again when its region restarts, and the others go on (RST-05)`, async () => {
      const { job, fails, steady, failing, going } = twoPipelines({ failingSink: { answer: failsAt(...calls) } });
      const events: TraceEvent[] = [];
      const { outcome, metrics } = await run(job, {
        backend: memory(),
        env: frozenEnv().env,
        parallelism: 2,
        checkpoint: { interval: "3ms" },
        restart: { attempts: calls.length, delay: "2ms" },
        trace: (event) => events.push(event),
      }).finished;
      assert.equal(outcome, "finished");
      assertWhole(fails.rows);
      assertWhole(steady.rows);
      assert.equal(metrics.restarts, calls.length);
      assert.equal(events.filter(({ kind }) => kind === "attempt-started").length, 1);
      assert.equal(going.readers(), 2, "the readers of the other pipeline were opened once");
      assert.ok(failing.readers() > 2);
      const failures = events.flatMap((event) => (event.kind === "region-failed" ? [event.code] : []));
      assert.deepEqual(
        failures,
        calls.map(() => "SINK_IO"),
      );
      // What a checkpoint holds of the failed sink is committed before another one begins.
      let [isDown, begun] = [false, 0];
      for (const { kind } of events) {
        if (kind === "region-failed") isDown = true;
        if (kind === "region-restarted") isDown = false;
        if (kind !== "checkpoint-triggered") continue;
        begun++;
        assert.ok(!isDown, "a checkpoint began while a commit was open");
      }
      assert.ok(begun > 4);
    });
  }

  it("restarts all of them if it is of the last checkpoint: the job is not over before everything is committed", async () => {
    const { job, fails, steady, going } = twoPipelines({ failingSink: { answer: failsAt(0) } });
    const events: TraceEvent[] = [];
    const { outcome } = await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      checkpoint: { interval: "none" },
      restart: { attempts: 1, delay: "2ms" },
      trace: (event) => events.push(event),
    }).finished;
    assert.equal(outcome, "finished");
    assertWhole(fails.rows);
    assertWhole(steady.rows);
    assert.equal(events.filter(({ kind }) => kind === "attempt-started").length, 2);
    assert.equal(going.readers(), 2);
  });

  it("fails the job where it is refused for good, and nothing is dropped; the other pipeline loses nothing", async () => {
    let isRefused = true;
    const { job, fails, steady } = twoPipelines({
      failingSink: { answer: () => (isRefused ? { failed: "the broker took it back" } : undefined) },
    });
    const backend = memory();
    const handle = run(job, {
      backend,
      env: frozenEnv().env,
      checkpoint: { interval: "3ms" },
      restart: { attempts: 3, delay: "2ms" },
    });
    await assert.rejects(handle.finished, { code: "COMMIT_FAILED", message: /"failing out".*took it back/ });
    assert.deepEqual([fails.rows.length, handle.metrics().restarts], [0, 0]);
    assert.ok(steady.rows.length > 0, "the other sink got what the checkpoint holds of it");
    isRefused = false;
    await run(job, { backend, env: frozenEnv().env }).finished;
    assertWhole(fails.rows);
    assertWhole(steady.rows);
  });
});
