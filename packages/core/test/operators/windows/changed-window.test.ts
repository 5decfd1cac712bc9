/** A step that has become another kind of window finds state that it could not go on with, and says so. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, type Pipeline, run } from "@tidemark/core";
import { count } from "@tidemark/core/aggregates";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling, upTo } from "@tidemark/core/windows";

import { ledgerSink } from "../../runtime/ledger-sink.ts";
import { memory } from "../../runtime/memory.ts";
import { pacedSource } from "../../runtime/paced-source.ts";

const NUMBERS = Array.from({ length: 20 }, (_, index) => index);

function build(lateness: "1s" | undefined): Pipeline {
  const job = pipeline("changed");
  const windows = job
    .source("numbers", pacedSource([NUMBERS]), { eventTime: (n) => n * 10 })
    .keyBy(() => "all")
    .window("counts", tumbling("1s"), lateness === undefined ? {} : { allowedLateness: upTo(lateness) });
  windows
    .aggregate(count())
    .map(({ value }) => String(value))
    .sink("out", ledgerSink<string>().sink);
  return job;
}

test("a plain window that has been given lateness refuses the state it had: nothing would ever fire it", async () => {
  const backend = memory();
  await run(build(undefined), { backend, env: frozenEnv().env, until: { records: 12 } }).finished;
  await assert.rejects(run(build("1s"), { backend, env: frozenEnv().env, restart: "none" }).finished, {
    code: "STATE_UNMAPPED",
  });
});
