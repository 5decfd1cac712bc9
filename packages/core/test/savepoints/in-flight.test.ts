/** Records in flight, read without the code of their job. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, type StateBackend, unaligned } from "@tidemark/core";
import { openCheckpoint } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { decodeManifest } from "../../src/checkpoint/manifest.ts";
import { readInFlight } from "../../src/savepoints/in-flight.ts";
import { memory } from "../runtime/memory.ts";
import { pacedSource } from "../runtime/paced-source.ts";
import { ledgerSink } from "../runtime/ledger-sink.ts";
import { all } from "./shop-job.ts";

const numbers = Array.from({ length: 400 }, (_, n) => n);

/** Takes a checkpoint whose barriers overtake what a slow sink has left in the channels, and ends there. */
async function overtaken(backend: StateBackend): Promise<void> {
  const { env } = frozenEnv();
  const drain = async (): Promise<void> => {
    for (let turn = 0; turn < 40; turn++) await env.turn();
  };
  const job = pipeline("overtaken");
  job
    .source("numbers", pacedSource([numbers.slice(0, 200), numbers.slice(200)], { perPoll: 8 }), {
      eventTime: (n) => n,
    })
    .keyBy((n) => n % 7)
    .reduce("sum", (sum, n) => sum + n)
    .sink("out", ledgerSink<number>({ fullAt: 2, drain }).sink);
  const checkpoint = { interval: "1h", mode: unaligned } as const;
  const handle = run(job, { backend, env, parallelism: 2, channelRecords: 16, checkpoint });
  handle.finished.catch(() => undefined);
  while (handle.metrics().recordsIn < 60) await env.turn();
  await handle.checkpoint();
  handle.cancel();
  await handle.finished.catch(() => undefined);
}

test("openCheckpoint: gives the records in flight, those that sources are past and nothing has taken in (COR-20, SPA-01)", async () => {
  const backend = memory();
  await overtaken(backend);
  const snapshot = await openCheckpoint(backend, { job: "overtaken", env: frozenEnv().env });
  const channels = await all(snapshot.inFlight<number>());
  assert.ok(channels.length > 0);
  const found: number[] = [];
  for (const { from, to, input, reader, elements } of channels) {
    assert.deepEqual([from, to, input], ["numbers", "sum", 0]);
    assert.ok(reader === 0 || reader === 1);
    const values = elements.flatMap((element) => (element.kind === "batch" ? element.values : []));
    const times = elements.flatMap((element) => (element.kind === "batch" ? element.timestamps : []));
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
      "a channel keeps its order",
    );
    assert.deepEqual(times, values);
    found.push(...values);
  }
  const positions = snapshot
    .sources<{ position: number; index: number }>()[0]!
    .splits.map(({ split: { index, position } }) => ({ index, position }));
  const read = positions.flatMap(({ index, position }) => numbers.slice(index * 200, index * 200 + position));
  const sum = (values: readonly number[]): number => values.reduce((total, n) => total + n, 0);
  const states = await all(snapshot.entries<number, number>({ operator: "sum" }));
  assert.equal(
    sum(found) + sum(states.map(({ value }) => value)),
    sum(read),
    "read, and neither in a state nor in flight",
  );
  assert.ok(found.every((n) => read.includes(n)));
  assert.equal(new Set(found).size, found.length);
  await snapshot.close();
});

test("readInFlight: says which records in flight are gone (COR-15)", async () => {
  const backend = memory();
  await overtaken(backend);
  const { env } = frozenEnv();
  const checkpoint = await openCheckpoint(backend, { job: "overtaken", env });
  const name = checkpoint.identity;
  await checkpoint.close();
  const session = await backend.open({ name: "overtaken", env });
  const manifest = decodeManifest(name, (await session.manifests.read(name))!);
  assert.equal((await all(readInFlight(session.manifests, manifest))).length > 0, true);
  const objects = [...manifest.inFlight!.objects, { name: "gone", bytes: 1 }];
  const wider = { ...manifest, inFlight: { ...manifest.inFlight!, objects } };
  await assert.rejects(all(readInFlight(session.manifests, wider)), { code: "CHECKPOINT_MISSING", message: /"gone"/ });
  await session.close();
});
