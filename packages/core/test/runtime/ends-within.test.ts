import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { endsWithin } from "./ends-within.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

test("endsWithin: a job that goes on in silence fails by its own clock", async () => {
  const job = pipeline("endless");
  job.source("numbers", pacedSource([[1, 2, 3]], { bounded: false })).sink("out", ledgerSink<number>().sink);
  const { env } = frozenEnv();
  const running = run(job, { backend: memory(), env, checkpoint: { interval: "10ms" } });
  await assert.rejects(endsWithin(1000, env, running), /has not ended after 1000 ms of its own clock/);
});
