import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import type { RetainedEpoch, StorageAudit } from "@tidemark/core";
import { Level } from "level";
import { temporaryDirectory } from "./fixtures.ts";
import { keyOf, type OneStore, openOne } from "./one-job.ts";

/** Writes an epoch and makes a checkpoint of it. */
async function checkpoint({ session, store }: OneStore, epoch: number): Promise<RetainedEpoch> {
  const puts = Array.from({ length: 2_500 }, (_, index) => ({ key: keyOf(index), value: keyOf(epoch) }));
  await store.write(epoch, { puts, deletes: [], rangeDeletes: [] });
  const handle = await store.seal(epoch);
  await session.flush(epoch);
  await session.manifests.write(`1-${epoch}`, handle);
  await session.head.compareAndSet((await session.head.read())?.tag, handle);
  return { epoch, manifest: `1-${epoch}`, handles: [handle] };
}

const countsOf = ({ stored, referenced, pending, orphaned, missing }: StorageAudit): object => ({
  stored,
  referenced,
  pending,
  orphaned,
  missing,
});

test("leveldb audit: images and manifests are needed, pending or orphans, and one release takes the orphans", async () => {
  const { path, remove } = await temporaryDirectory();
  const job = await openOne(leveldb(path), 0);
  const retained = [await checkpoint(job, 1), await checkpoint(job, 2), await checkpoint(job, 3)] as const;
  const all = await job.session.audit(retained);
  const oldest = { orphaned: ["images of epoch 1"], pending: [], missing: [] };
  assert.deepEqual(countsOf(all), { ...oldest, stored: 6, referenced: 5 });
  const last = await job.session.audit([retained[2]]);
  const images = [1, 2, 3].map((epoch) => `images of epoch ${epoch}`);
  assert.deepEqual(last.orphaned.toSorted(), ["1-1", "1-2", ...images]);
  await job.session.release([retained[2]]);
  const clean = { orphaned: [], pending: [], missing: [], stored: 1, referenced: 1 };
  assert.deepEqual(countsOf(await job.session.audit([retained[2]])), clean);
  const gone = { ...retained[2], manifest: "1-9" };
  assert.deepEqual((await job.session.audit([gone])).missing, ["1-9"]);
  await job.session.close();
  await remove();
});

test("leveldb audit: files and rows of somebody else are named and stay, what a crash left of ours goes", async () => {
  const { path, remove } = await temporaryDirectory();
  const first = await openOne(leveldb(path), 0);
  const retained = await checkpoint(first, 1);
  await first.session.close();
  const database = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
  await database.batch([
    { type: "put", key: Uint8Array.of(1, 2), value: keyOf(1) },
    { type: "put", key: Uint8Array.of(0x7a), value: keyOf(1) },
  ]);
  await database.close();
  await writeFile(join(path, "notes.txt"), "mine");
  await writeFile(join(path, "head.witness.next"), "half of a witness");
  const { session } = await openOne(leveldb(path), 1, retained.handles[0]);
  await session.flush(2);
  const foreign = ["unknown row 0x0102", "unknown row 0x7a", "file notes.txt"];
  assert.deepEqual((await session.audit([retained])).foreign, foreign);
  await session.release([retained]);
  const after = await session.audit([retained]);
  assert.deepEqual([after.orphaned, after.pending, after.foreign], [[], [], foreign]);
  const files = await readdir(path);
  assert.ok(files.includes("notes.txt") && !files.includes("head.witness.next"));
  await session.close();
  await remove();
});

test("leveldb release: images of a large checkpoint go behind the writes of the next one", async () => {
  const { path, remove } = await temporaryDirectory();
  const job = await openOne(leveldb(path), 0);
  await checkpoint(job, 1);
  const second = await checkpoint(job, 2);
  await job.session.release([second]);
  // Three slices of images are still to go, and this write comes after the first of them.
  await job.store.write(3, { puts: [{ key: keyOf(1), value: keyOf(3) }], deletes: [], rangeDeletes: [] });
  assert.deepEqual(await job.store.read([keyOf(1)]), [keyOf(3)]);
  assert.deepEqual((await job.session.audit([second])).orphaned, []);
  await job.session.close();
  await remove();
});
