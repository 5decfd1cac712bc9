import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import { emits, pipeline, run, type Pipeline, valueState } from "@tidemark/core";
import { diff, listCheckpoints, openCheckpoint, openCheckpoints } from "@tidemark/core/savepoints";
// @boundaries-ignore the job of the test reads and writes as a job would
import { fromArray, toArray } from "@tidemark/connectors/iterable";
import { temporaryDirectory } from "./fixtures.ts";

function counts(): Pipeline {
  const job = pipeline("counts");
  job
    .source("words", fromArray(["ebb", "flow", "ebb", "ebb"]))
    .keyBy((word) => word)
    .process("count", {
      state: { count: valueState(0) },
      emits: emits<string>(),
      onRecord: (_word, { state }) => state.count.update(state.count.get() + 1),
    })
    .sink("out", toArray<string>().sink);
  return job;
}

test("leveldb: the retained checkpoints of a directory are compared with each other, which takes one opening", async () => {
  const { path, remove } = await temporaryDirectory();
  const checkpoint = { interval: "none", retained: 2 } as const;
  await run(counts(), { backend: leveldb(path), checkpoint, until: { records: 2 } }).finished;
  await run(counts(), { backend: leveldb(path), checkpoint }).finished;
  const [older, newer] = await openCheckpoints(leveldb(path), { job: "counts" });
  const changes: unknown[] = [];
  for await (const slice of diff(older!, newer!).entries()) {
    for (const change of slice) {
      if (change.kind === "changed") changes.push([change.after.key, change.before.value, change.after.value]);
      else changes.push(change.kind);
    }
  }
  assert.deepEqual(changes, [["ebb", 1, 3]]);
  await older!.close();
  await newer!.close();
  // The directory was given back.
  await run(counts(), { backend: leveldb(path) }).finished;
  await remove();
});

for (const [where, prepare] of [
  ["no directory", () => Promise.resolve()],
  ["an empty directory", (path: string) => mkdir(path)],
  [
    "a directory of something else",
    async (path: string) => {
      await mkdir(path);
      await writeFile(join(path, "notes.txt"), "not ours");
    },
  ],
] as const) {
  test(`leveldb: looking into ${where} is refused, and makes nothing there`, async () => {
    const { path, remove } = await temporaryDirectory();
    const mistyped = join(path, "sate");
    await prepare(mistyped);
    // Bun lists in any order.
    const found = async (): Promise<readonly string[]> => (await readdir(path, { recursive: true })).toSorted();
    const before = await found();
    for (const look of [openCheckpoint, openCheckpoints, listCheckpoints]) {
      await assert.rejects(look(leveldb(mistyped), { job: "counts" }), {
        code: "CHECKPOINT_MISSING",
        message: `Cannot open leveldb "${mistyped}": there is no database in ${mistyped}. Check the path: no job has stored anything there`,
      });
    }
    assert.deepEqual(await found(), before);
    // A job makes one there, and can be looked into from then on.
    const backend = leveldb(mistyped);
    await run(counts(), { backend }).finished;
    assert.equal((await listCheckpoints(leveldb(mistyped), { job: "counts" })).length, 1);
    await remove();
  });
}
