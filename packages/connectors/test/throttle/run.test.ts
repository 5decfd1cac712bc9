/** A source that is slowed down, under the engine. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { memory } from "@tidemark/backend-memory";
import { type JobResult, pipeline, run, type RunUntil } from "@tidemark/core";
import { count } from "@tidemark/core/aggregates";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { generatorSource } from "../../src/generator/mod.ts";
import { toArray } from "../../src/iterable/mod.ts";
import { throttle } from "../../src/throttle/mod.ts";

const SPLITS = 4;
const RECORDS = 40;

/** A record each 200 ms, of four splits in turns, each far ahead of the one before in event time; one that is silent for 20 ms is idle. */
function read(until: RunUntil): Promise<JobResult> {
  const { env } = frozenEnv();
  const source = generatorSource({
    count: RECORDS,
    splits: SPLITS,
    create: (index) => ({ at: (index % SPLITS) * 1_000_000 + index }),
  });
  const job = pipeline("slow");
  job
    .source("numbers", throttle(source, { recordsPerSecond: 5 }), { eventTime: ({ at }) => at, idleAfter: "20ms" })
    .keyBy(() => "all")
    .window("windows", tumbling("1ms"))
    .aggregate(count())
    .sink("out", toArray().sink);
  return run(job, { backend: memory(), env, until, parallelism: 1 }).finished;
}

test("throttle: a split is not idle for want of a turn, however few there are (WM-02)", async () => {
  const { metrics } = await read("end");
  assert.equal(metrics.recordsIn, RECORDS);
  assert.equal(metrics.lateDropped, 0);
});

test("throttle: a run until all is idle goes on while records wait for their turn", async () => {
  const { metrics } = await read("idle");
  assert.equal(metrics.recordsIn, RECORDS);
});
