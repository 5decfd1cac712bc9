import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import { Level } from "level";
import { temporaryDirectory } from "./fixtures.ts";
import { suiteEnv, writeOne } from "./one-job.ts";

const JOB = { name: "suite", env: suiteEnv };

test("leveldb: opens with the package level by default, and closes, and opens again", async () => {
  const { path, remove } = await temporaryDirectory();
  const location = join(path, "deep", "er");
  const backend = leveldb(location);
  const session = await backend.open(JOB);
  await session.head.compareAndSet(undefined, Uint8Array.of(1));
  await session.close();
  const again = await leveldb(location).open(JOB);
  assert.deepEqual((await again.head.read())?.bytes.length, 1);
  assert.equal(backend.capabilities.syncReads, true);
  await again.close();
  await remove();
});

test("leveldb: a directory that another backend has open is refused with STATE_LOCKED, by name", async () => {
  const { path, remove } = await temporaryDirectory();
  const holder = await leveldb(path).open(JOB);
  await assert.rejects(leveldb(path).open(JOB), (error: Error & { code: string }) => {
    assert.equal(error.code, "STATE_LOCKED");
    assert.match(error.message, /Stop that one first/);
    return error.message.includes(path);
  });
  await holder.close();
  await (await leveldb(path).open(JOB)).close();
  await remove();
});

test("leveldb: a location that is a file is refused with STATE_IO, by name", async () => {
  const { path, remove } = await temporaryDirectory();
  const location = join(path, "file");
  await writeFile(location, "no database");
  await assert.rejects(
    leveldb(location).open(JOB),
    (error: Error & { code: string }) => error.code === "STATE_IO" && error.message.includes(location),
  );
  await remove();
});

test("leveldb: somebody else's LevelDB is refused with STATE_CORRUPT and left as it is", async () => {
  const { path, remove } = await temporaryDirectory();
  const other = new Level(path);
  await other.put("key", "value");
  await other.close();
  await assert.rejects(leveldb(path).open(JOB), { code: "STATE_CORRUPT" });
  await other.open();
  assert.equal(await other.get("key"), "value");
  await other.close();
  await remove();
});

test("leveldb: a database without its file CURRENT is refused with STATE_CORRUPT instead of starting empty", async () => {
  const { path, remove } = await temporaryDirectory();
  await writeOne(path);
  await rm(join(path, "CURRENT"));
  await assert.rejects(leveldb(path).open(JOB), { code: "STATE_CORRUPT" });
  assert.ok((await readdir(path)).some((file) => /\.(log|ldb)$/.test(file)));
  await remove();
});

test("leveldb: a damaged manifest file of LevelDB is refused with STATE_CORRUPT", async () => {
  const { path, remove } = await temporaryDirectory();
  await writeOne(path);
  const name = (await readdir(path)).find((file) => file.startsWith("MANIFEST-")) as string;
  const bytes = await readFile(join(path, name));
  await writeFile(
    join(path, name),
    bytes.map((byte, index) => (index > 4 && index < 20 ? byte ^ 0xff : byte)),
  );
  await assert.rejects(leveldb(path).open(JOB), { code: "STATE_CORRUPT" });
  await remove();
});

test("leveldb: a missing head over sealed state is refused with STATE_CORRUPT", async () => {
  const { path, remove } = await temporaryDirectory();
  await writeOne(path);
  const database = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
  await database.del(Uint8Array.of(0x68));
  await database.close();
  await assert.rejects(leveldb(path).open(JOB), { code: "STATE_CORRUPT", message: /head record is missing/ });
  await remove();
});

test("leveldb: an empty directory that is there already is taken", async () => {
  const { path, remove } = await temporaryDirectory();
  const location = join(path, "empty");
  await mkdir(location);
  await (await leveldb(location).open(JOB)).close();
  await remove();
});
