import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import { Level } from "level";
import { temporaryDirectory } from "./fixtures.ts";
import { suiteEnv } from "./one-job.ts";

const JOB = { name: "suite", env: suiteEnv };
const WITNESS = "head.witness";

/** What LevelDB can do besides, where `level` is LevelDB. */
const classic = Level as unknown as {
  repair(location: string): Promise<void>;
  destroy(location: string): Promise<void>;
};

/** Sets the head of a database so many times. */
async function setHeads(location: string, count: number): Promise<void> {
  const session = await leveldb(location).open(JOB);
  let tag = (await session.head.read())?.tag;
  for (let index = 0; index < count; index++) tag = await session.head.compareAndSet(tag, Uint8Array.of(index));
  await session.close();
}

async function headTag(location: string): Promise<string | undefined> {
  const session = await leveldb(location).open(JOB);
  const head = await session.head.read();
  await session.close();
  return head?.tag;
}

/** The log of a closed database. */
async function logOf(location: string): Promise<string> {
  const names = (await readdir(location)).filter((name) => name.endsWith(".log"));
  assert.equal(names.length, 1);
  return join(location, names[0] as string);
}

test("head.witness: LevelDB leaves it alone when it opens, compacts, repairs and destroys a database", async () => {
  const { path, remove } = await temporaryDirectory();
  await setHeads(path, 3);
  const before = await readFile(join(path, WITNESS));
  const database = new Level(path) as Level & { compactRange(from: string, to: string): Promise<void> };
  await database.open();
  await database.compactRange("", "~");
  await database.close();
  await classic.repair(path);
  assert.deepEqual(await readFile(join(path, WITNESS)), before);
  await classic.destroy(path);
  assert.ok(!(await readdir(path)).includes("CURRENT"));
  assert.deepEqual(await readFile(join(path, WITNESS)), before);
  await remove();
});

test("head.witness: alone it stands for a database that is gone, and without it a new one is made", async () => {
  const { path, remove } = await temporaryDirectory();
  await setHeads(path, 3);
  await classic.destroy(path);
  await assert.rejects(headTag(path), {
    code: "STATE_CORRUPT",
    message: /it has no head, and head\.witness has seen version 3/,
  });
  assert.ok(!(await readdir(path)).includes("CURRENT"));
  await rm(join(path, WITNESS));
  assert.equal(await headTag(path), undefined);
  await remove();
});

test("head.witness: a log that lost the newest head is refused as it is; without the witness the older head counts", async () => {
  const { path, remove } = await temporaryDirectory();
  await setHeads(path, 3);
  const log = await logOf(path);
  const bytes = await readFile(log);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  await writeFile(log, bytes);
  for (let time = 0; time < 2; time++) {
    await assert.rejects(headTag(path), (error: Error & { code: string }) => {
      assert.equal(error.code, "STATE_CORRUPT");
      assert.match(error.message, /head\.witness has seen version 3 of the head end at byte \d+\./);
      return error.message.includes(`Put back a copy of all of ${path}. Or delete head.witness there`);
    });
    assert.deepEqual(await readFile(log), bytes);
  }
  await rm(join(path, WITNESS));
  assert.equal(await headTag(path), "2");
  await remove();
});

test("head.witness: beside an older copy of the database it refuses, in a whole older copy it does not", async () => {
  const { path, remove } = await temporaryDirectory();
  const [location, copy] = [join(path, "state"), join(path, "copy")];
  await setHeads(location, 3);
  await cp(location, copy, { recursive: true });
  // Opened and closed often enough, an older copy has files of higher numbers than the witness knows.
  for (let time = 0; time < 4; time++) assert.equal(await headTag(copy), "3");
  await setHeads(location, 2);
  const witness = await readFile(join(location, WITNESS));
  await rm(location, { recursive: true });
  await cp(copy, location, { recursive: true });
  assert.equal(await headTag(location), "3");
  await writeFile(join(location, WITNESS), witness);
  await assert.rejects(headTag(location), {
    code: "STATE_CORRUPT",
    message: /version 3, and head\.witness has seen version 5/,
  });
  await remove();
});

test("head.witness: one that is older than the head, as a crash leaves it, is no matter", async () => {
  const { path, remove } = await temporaryDirectory();
  await setHeads(path, 2);
  const witness = await readFile(join(path, WITNESS));
  await setHeads(path, 2);
  await writeFile(join(path, WITNESS), witness);
  await writeFile(join(path, `${WITNESS}.next`), "half");
  assert.equal(await headTag(path), "4");
  await setHeads(path, 1);
  assert.ok(!(await readdir(path)).includes(`${WITNESS}.next`));
  await remove();
});

test("head.witness: files that another process works on are not called damaged: it is named (STATE_LOCKED)", async () => {
  const { path, remove } = await temporaryDirectory();
  const holder = await leveldb(path).open(JOB);
  await holder.head.compareAndSet(undefined, Uint8Array.of(1));
  const current = await readFile(join(path, "CURRENT"));
  await writeFile(join(path, "CURRENT"), "MANIFEST-000999\n");
  await assert.rejects(headTag(path), { code: "STATE_LOCKED" });
  await holder.close();
  await assert.rejects(headTag(path), { code: "STATE_CORRUPT" });
  await writeFile(join(path, "CURRENT"), current);
  assert.equal(await headTag(path), "1");
  await remove();
});

test("head.witness: is not kept for a database that is given", async () => {
  const { path, remove } = await temporaryDirectory();
  const session = await leveldb(path, { database: () => new Level(path) }).open(JOB);
  await session.head.compareAndSet(undefined, Uint8Array.of(1));
  await session.close();
  assert.ok(!(await readdir(path)).includes(WITNESS));
  await remove();
});

test("head.witness: where it cannot be written the job fails with STATE_IO, and the head stands", async () => {
  const { path, remove } = await temporaryDirectory();
  await setHeads(path, 1);
  // Not even root can write a file over a directory.
  await mkdir(join(path, `${WITNESS}.next`));
  const session = await leveldb(path).open(JOB);
  await assert.rejects(session.head.compareAndSet("1", Uint8Array.of(2)), (error: Error & { code: string }) => {
    assert.equal(error.code, "STATE_IO");
    return error.message.startsWith(`Cannot write head.witness beside leveldb "${path}"`);
  });
  assert.equal((await session.head.read())?.tag, "2");
  await session.close();
  await rmdir(join(path, `${WITNESS}.next`));
  assert.equal(await headTag(path), "2");
  await setHeads(path, 1);
  assert.equal(await headTag(path), "3");
  await remove();
});
