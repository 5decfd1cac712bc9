/** Savepoints between backends and parallelisms, with rows and savepoints in real files. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { leveldb } from "@tidemark/backend-leveldb";
import { memory } from "@tidemark/backend-memory";
import { emits, mapState, type Pipeline, pipeline, run, type StateBackend, valueState } from "@tidemark/core";
import { claim, diff, openCheckpoint, openSavepoint } from "@tidemark/core/savepoints";
import { tumbling } from "@tidemark/core/windows";

import { ndjsonSink, ndjsonSource, savepointDirectory } from "../../src/file/mod.ts";
import { withDirectory } from "../temp-directory.ts";

interface Sale {
  readonly shop: string;
  readonly item: number;
  readonly at: number;
}

const SALES = Array.from({ length: 120 }, (_, index): Sale => {
  return { shop: `s${(index * 7) % 11}`, item: (index * 5) % 8, at: 1_000 + index * 10 + ((index * 3) % 20) };
});

/** Values, maps, timers of both clocks and windows. Rows do not depend on who reads what first. */
function job(path: string): Pipeline {
  const built = pipeline("sales");
  const sales = built.source("sales", ndjsonSource<Sale>(join(path, "sales.ndjson"), { splits: 4 }), {
    eventTime: ({ at }) => at,
    outOfOrder: "2s",
  });
  sales
    .keyBy(({ shop }) => shop)
    .process("shops", {
      state: { items: mapState<number, number>(), last: valueState(0) },
      emits: emits<{
        readonly shop: string;
        readonly last: number;
        readonly sold: readonly (readonly [number, number])[];
      }>(),
      onRecord: ({ item, at }, context) => {
        const { items, last } = context.state;
        items.set(item, (items.get(item) ?? 0) + 1);
        last.update(Math.max(last.get(), at));
        context.setEventTimer(1_000_000);
        context.setProcessingTimer(8e15 + at);
      },
      onTimer: (_time, context) => {
        const sold = [...context.state.items.entries()].toSorted(([a], [b]) => a - b);
        context.emit({ shop: context.key, last: context.state.last.get(), sold });
      },
    })
    .sink("out", ndjsonSink(join(path, "out")));
  sales
    .keyBy(({ item }) => item)
    .window("items", tumbling("200ms"))
    .aggregate({ create: () => 0, add: (sum: number) => sum + 1, result: (sum) => sum })
    .sink("windows", ndjsonSink(join(path, "windows")));
  return built;
}

async function rowsIn(path: string): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const directory of ["out", "windows"]) {
    for (const name of await readdir(join(path, directory))) {
      if (name.startsWith(".")) continue;
      rows.push(...(await readFile(join(path, directory, name), "utf8")).split("\n").filter((line) => line !== ""));
    }
  }
  return rows.toSorted();
}

type Backend = (path: string) => StateBackend;

const BACKENDS: Readonly<Record<string, Backend>> = { memory: () => memory(), leveldb: (path) => leveldb(path) };

/** Stops the job with a savepoint after so many records, and goes on from it on another backend. */
async function move(
  path: string,
  [before, after]: readonly [Backend, Backend],
  parallelisms: readonly [number, number],
): Promise<void> {
  await writeFile(join(path, "sales.ndjson"), SALES.map((sale) => `${JSON.stringify(sale)}\n`).join(""));
  const options = { checkpoint: { interval: "5ms" }, restart: { attempts: 0 } } as const;
  const place = savepointDirectory(join(path, "savepoint"));
  const old = before(join(path, "before"));
  let read = 0;
  let asked = false;
  let savepoint: Promise<unknown> | undefined;
  const handle = run(job(path), {
    ...options,
    backend: old,
    parallelism: parallelisms[0],
    trace: (event) => {
      if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
      if (read < 50 || asked) return;
      asked = true;
      savepoint = handle.savepoint(place, { after: "stop" });
    },
  });
  await handle.finished;
  await savepoint;
  const checkpoint = await openCheckpoint(old, { job: "sales" });
  for await (const changes of diff(checkpoint, await openSavepoint(place)).entries()) assert.deepEqual(changes, []);
  await checkpoint.close();
  const backend = after(join(path, "after"));
  const { outcome } = await run(job(path), { ...options, backend, parallelism: parallelisms[1], from: claim(place) })
    .finished;
  assert.equal(outcome, "finished");
}

async function expected(): Promise<readonly string[]> {
  let rows: readonly string[] = [];
  await withDirectory(async (path) => {
    await writeFile(join(path, "sales.ndjson"), SALES.map((sale) => `${JSON.stringify(sale)}\n`).join(""));
    await run(job(path), { backend: memory() }).finished;
    rows = await rowsIn(path);
  });
  return rows;
}

const uninterrupted = expected();

describe("a savepoint", () => {
  for (const from of [1, 2, 3, 5]) {
    for (const to of [1, 2, 3, 5]) {
      it(`moves a job on LevelDB from ${from} to ${to} subtasks (RSC-07)`, async () => {
        await withDirectory(async (path) => {
          await move(path, [BACKENDS["leveldb"]!, BACKENDS["leveldb"]!], [from, to]);
          assert.deepEqual(await rowsIn(path), await uninterrupted);
        });
      });
    }
  }
  for (const [before, from] of Object.entries(BACKENDS)) {
    for (const [after, to] of Object.entries(BACKENDS)) {
      it(`moves a job from ${before} to ${after} (SAV-01)`, async () => {
        await withDirectory(async (path) => {
          await move(path, [from, to], [2, 3]);
          assert.deepEqual(await rowsIn(path), await uninterrupted);
        });
      });
    }
  }
});
