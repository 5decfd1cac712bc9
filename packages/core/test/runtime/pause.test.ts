/** The pause before a restart, and who does not wait for it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type JobHandle, pipeline, run } from "@tidemark/core";
import { memorySavepoint } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { Pause } from "../../src/runtime/pause.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const HOUR_MS = 3_600_000;
const NUMBERS = Array.from({ length: 40 }, (_, n) => n);

describe("Pause", () => {
  it("lasts as long as it is to", async () => {
    const { env } = frozenEnv();
    await new Pause(env).wait(250);
    assert.equal(env.monotonic(), 250);
  });

  it("is over when it is ended, also where it was before it began", async () => {
    const { env } = frozenEnv();
    const [under, before] = [new Pause(env), new Pause(env)];
    const waits = under.wait(HOUR_MS);
    under.end();
    await waits;
    before.end();
    await before.wait(HOUR_MS);
    assert.equal(env.monotonic(), 0);
  });
});

describe("a job that is ended while what has failed is closed", () => {
  for (const end of ["stop", "drain", "cancel"] as const) {
    it(`${end}: waits for no pause`, async () => {
      const { env } = frozenEnv();
      const ledger = ledgerSink<number>();
      const source = pacedSource([NUMBERS]);
      let closed = 0;
      const watched: typeof source = {
        ...source,
        createReader: (context) => {
          const reader = source.createReader(context);
          const close = reader.close.bind(reader);
          reader.close = async () => {
            if (closed++ === 0) endIt();
            await close();
          };
          return reader;
        },
      };
      let calls = 0;
      const job = pipeline("closing");
      job
        .source("numbers", watched)
        .map((n) => {
          if (calls++ === 20) throw new RangeError("once");
          return n;
        })
        .sink("out", ledger.sink);
      const backend = memory();
      const handle: JobHandle = run(job, {
        backend,
        env,
        checkpoint: { interval: "3ms" },
        restart: { delay: "1h" },
      });
      const endIt = (): void => {
        if (end === "drain") void handle.savepoint(memorySavepoint(), { after: "drain" });
        else handle[end]();
      };
      if (end === "cancel") await assert.rejects(handle.finished, { code: "ABORTED" });
      else assert.equal((await handle.finished).outcome, end === "stop" ? "stopped" : "finished");
      assert.ok(env.monotonic() < HOUR_MS);
      assert.ok(closed > 0);
    });
  }
});
