/** The connectors that need nothing outside, under the engine. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { memory } from "@tidemark/backend-memory";
import { pipeline, run } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { generatorSource } from "../../src/generator/mod.ts";
import { fromArray, fromIterable, toArray } from "../../src/iterable/mod.ts";

const HOSTS = ["local", bytesHost] as const;

for (const host of HOSTS) {
  test(`generatorSource: no record inside its split's bound is late, whoever reads it, host ${String(host)} (COR-08)`, async () => {
    const count = 400;
    const rows: string[][] = [];
    for (const parallelism of [1, 2, 3, 4]) {
      const out = toArray<string>();
      const job = pipeline("splits");
      job
        .source(
          "numbers",
          generatorSource({ create: (index) => index, count, splits: 4, eventTime: (value) => value * 10 }),
          {
            eventTime: "source",
          },
        )
        .keyBy((value) => value % 3)
        .window("sums", tumbling("1s"))
        .aggregate({ create: () => 0, add: (sum, value) => sum + value, result: (sum) => sum })
        .map(({ key, window, value }) => `${key} ${window.start} ${value}`)
        .sink("out", out.sink);
      const { metrics } = await run(job, { backend: memory(), env: frozenEnv().env, host, parallelism }).finished;
      assert.equal(metrics.lateDropped, 0, `at parallelism ${parallelism}`);
      rows.push(out.values.toSorted());
    }
    const [first, ...others] = rows;
    for (const other of others) assert.deepEqual(other, first);
    assert.equal(first?.length, 12);
  });

  test(`toArray: holds each row once though the job fails and starts again, host ${String(host)}`, async () => {
    const values = Array.from({ length: 5_000 }, (_, index) => index);
    const out = toArray<number>();
    let completed = 0;
    const due = [0, 1, 2];
    const job = pipeline("again");
    job
      .source(
        "values",
        fromIterable((position) => values.slice(position), { aheadMax: 16 }),
      )
      .map((value) => {
        if (due[0] === undefined || completed < due[0]) return value;
        due.shift();
        throw new Error("now and then");
      })
      .keyBy((value) => value % 7)
      .reduce("last", (_last, value) => value)
      .sink("out", out.sink);
    const { metrics } = await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      host,
      parallelism: 2,
      checkpoint: { interval: "2ms" },
      restart: { delay: "1ms" },
      trace: ({ kind }) => {
        if (kind === "checkpoint-completed") completed++;
      },
    }).finished;
    assert.equal(metrics.restarts, 3);
    assert.deepEqual(
      out.values.toSorted((a, b) => a - b),
      values,
    );
  });
}

test("fromArray: a long array is read between turns, not in one go", async () => {
  const { env } = frozenEnv();
  let [turns, calls, most] = [0, 0, 0];
  const counting = {
    ...env,
    turn: async () => {
      turns++;
      most = Math.max(most, calls);
      calls = 0;
      await env.turn();
    },
  };
  const out = toArray<number>();
  const job = pipeline("long");
  job
    .source("values", fromArray(Array.from({ length: 200_000 }, (_, index) => index)))
    .filter((value) => {
      calls++;
      return value % 50_000 === 0;
    })
    .sink("out", out.sink);
  const { metrics } = await run(job, { backend: memory(), env: counting, checkpoint: { interval: "1ms" } }).finished;
  assert.deepEqual(out.values, [0, 50_000, 100_000, 150_000]);
  assert.ok(most < 150_000 && turns > 1, `${most} records between two turns`);
  assert.ok(metrics.checkpoints.completed > 1);
});
