import assert from "node:assert/strict";
import { test } from "node:test";

import { consoleSink } from "../src/console/mod.ts";
import { generatorSource } from "../src/generator/mod.ts";
import { fromArray, fromAsyncIterable, fromIterable, toArray } from "../src/iterable/mod.ts";
import { throttle } from "../src/throttle/mod.ts";
import { manualEnv } from "./manual-env.ts";
import { readAll, readerOf, readFrom, splitsOf } from "./reading.ts";

test("fromIterable asks for no more than aheadMax records ahead", async () => {
  let given = 0;
  const source = fromIterable(
    async function* () {
      for (;;) yield given++;
    },
    { aheadMax: 10, bounded: false },
  );
  const reader = readerOf(source, await splitsOf(source));
  assert.equal(reader.poll(5), "nothing");
  for (let turns = 0; turns < 200; turns++) await Promise.resolve();
  assert.equal(given, 10);
  await readFrom(reader, 4, 4);
  for (let turns = 0; turns < 200; turns++) await Promise.resolve();
  assert.equal(given, 14);
  await reader.close();
});

test("fromIterable tells what the iterable threw, after the records before it", async () => {
  const source = fromIterable(function* () {
    yield 1;
    throw new Error("broken pipe");
  });
  const reader = readerOf(source, await splitsOf(source));
  assert.deepEqual((await readFrom(reader, 1)).values, [1]);
  await assert.rejects(readFrom(reader), { code: "SOURCE_IO", message: /iterable: broken pipe/ });
  await reader.close();
});

test("fromAsyncIterable cannot be read a second time, and lets the iterable go when closed", async () => {
  let released = false;
  async function* numbers(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      released = true;
    }
  }
  const source = fromAsyncIterable(numbers(), { bounded: false });
  const first = readerOf(source, await splitsOf(source));
  await readFrom(first, 3);
  const left = first.snapshot();
  await first.close();
  assert.ok(released);
  const second = readerOf(source, left);
  await assert.rejects(readFrom(second, 1), { code: "SOURCE_MISSING", message: /cannot be read|read before/ });
});

test("fromArray reads an empty array to its end", async () => {
  assert.deepEqual((await readAll(fromArray([]))).values, []);
});

test("generatorSource deals the numbers to its splits, with their times", async () => {
  const source = generatorSource({
    count: 7,
    splits: 3,
    create: (index) => `#${index}`,
    eventTime: (_, index) => index * 10,
  });
  const read = [];
  for (const split of await splitsOf(source)) read.push(await readFrom(readerOf(source, [split])));
  assert.deepEqual(
    read.map(({ values }) => values),
    [
      ["#0", "#3", "#6"],
      ["#1", "#4"],
      ["#2", "#5"],
    ],
  );
  assert.deepEqual(read[1]?.timestamps, [10, 40]);
  assert.deepEqual((await readAll(generatorSource({ count: 1, splits: 3, create: () => "only" }))).values, ["only"]);
  assert.throws(() => generatorSource({ create: () => 0, splits: 0 }), { code: "OPTION_INVALID" });
});

test("throttle gives no more than the rate allows, and an equal share to each subtask", async () => {
  const clock = manualEnv();
  const source = throttle(generatorSource({ create: (index) => index }), { recordsPerSecond: 200 });
  const place = { env: clock.env, sourceId: "source", subtask: 0, parallelism: 2 };
  const reader = source.createReader(place);
  reader.addSplits(await splitsOf(source));
  let count = 0;
  const drain = (): void => {
    for (let batch = reader.poll(1_000); typeof batch === "object"; batch = reader.poll(1_000)) {
      count += batch.values.length;
    }
  };
  drain();
  assert.equal(count, 1);
  const wait = reader.available();
  clock.pass(10);
  await wait;
  drain();
  assert.equal(count, 2);
  for (let tenths = 0; tenths < 100; tenths++) {
    clock.pass(10);
    drain();
  }
  assert.equal(count, 102);
  // After a pause only a little is caught up.
  clock.pass(60_000);
  drain();
  assert.equal(count, 112);
  await reader.close();
  assert.throws(() => throttle(source, { recordsPerSecond: 0 }), { code: "OPTION_INVALID" });
});

test("toArray: what another process has staged cannot be committed", async () => {
  const { sink } = toArray<number>();
  const committer = sink.createCommitter?.({ env: manualEnv().env, job: "job", sinkId: "out", generation: 1 });
  const [outcome] = (await committer?.commit([{ checkpointId: 1, subtask: 0, committable: { staged: "?" } }])) ?? [];
  assert.match((outcome as { failed: string }).failed, /another process/);
});

test("consoleSink prints strings as they are and anything else as JSON", () => {
  const lines: string[] = [];
  const sink = consoleSink<unknown>({ write: (line) => lines.push(line) });
  const place = { env: manualEnv().env, job: "job", sinkId: "out", generation: 1, subtask: 0, parallelism: 1 };
  sink.createWriter(place).write(["text", { a: 1n }, undefined], [0, 0, 0]);
  assert.deepEqual(lines, ["text", '{"a":"1n"}', "undefined"]);
});
