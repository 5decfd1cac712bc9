/** Who is overtaken: while it opens, by another process, and while it writes, by another session of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leveldb, type LevelDatabase } from "@tidemark/backend-leveldb";
import { Level } from "level";
import { MemoryLevel } from "memory-level";
import { openDirectory, type Directory } from "../src/directory.ts";
import { HeadWitness } from "../src/head-witness.ts";
import { prepareFiles } from "../src/open-level.ts";
import { batchOf, editOf, logOf, memoryDirectory } from "./files/level-files.ts";
import { temporaryDirectory } from "./fixtures.ts";
import { keyOf, linesOf, openOne, suiteEnv, writeOne } from "./one-job.ts";

/** As a directory whose database somebody opens as soon as its first file is read. */
function openedMeanwhile(directory: Directory, other: Level): Directory {
  return { ...directory, read: (name) => other.open().then(() => directory.read(name)) };
}

function isLocked(error: unknown): boolean {
  return (error as { readonly cause?: { readonly code?: unknown } }).cause?.code === "LEVEL_LOCKED";
}

test("prepareFiles: files that change because somebody opens the database are not taken for damage", async () => {
  const { path, remove } = await temporaryDirectory();
  await writeOne(path);
  const directory = await openDirectory(path);
  assert.ok(directory !== undefined);
  const other = new Level(path);
  // It goes on with a new log and a new manifest file, and deletes those that were listed: most often before they are read.
  await prepareFiles(openedMeanwhile(directory, other), path, "the database").catch((error: unknown) => {
    assert.ok(isLocked(error), `not damage, but who has it open: ${String(error)}`);
  });
  await other.close();
  await remove();
});

test("prepareFiles: no log is cut off in a database that somebody has opened", async () => {
  const { path, remove } = await temporaryDirectory();
  const batches = [1, 2, 3].map((index) => batchOf(99 + 2 * index, 2, 10_000));
  const files = new Map<string, Uint8Array>([
    ["CURRENT", new TextEncoder().encode("MANIFEST-000004\n")],
    ["MANIFEST-000004", logOf([editOf({ log: 5 }), editOf({ sequence: 100 })])],
    ["000005.log", logOf(batches.slice(0, 1))],
  ]);
  const directory = memoryDirectory(files);
  await new HeadWitness(directory, "the database").write(3);
  // The second batch is missing, and the third must go.
  files.set("000007.log", logOf(batches.slice(2)));
  const before = new Map(files);
  const other = new Level(path);
  await assert.rejects(prepareFiles(openedMeanwhile(directory, other), path, "the database"), isLocked);
  assert.deepEqual(files.get("000007.log"), before.get("000007.log"));
  await other.close();
  await prepareFiles(directory, path, "the database");
  assert.equal(files.get("000007.log")?.length, 0);
  await remove();
});

test("LevelStore.write: a session that is overtaken in the middle of a write writes no further batch", async () => {
  const database = new MemoryLevel<Uint8Array, Uint8Array>();
  const backend = leveldb("suite", { database: () => database as unknown as LevelDatabase });
  const older = await openOne(backend, 0);
  const batch = database.batch.bind(database) as (...args: unknown[]) => Promise<void>;
  let [batches, opening] = [0, Promise.resolve<unknown>(undefined)];
  Object.assign(database, {
    batch: async (...args: unknown[]) => {
      await batch(...args);
      if (++batches === 2) opening = backend.open({ name: "suite", env: suiteEnv });
    },
  });
  const puts = Array.from({ length: 5_000 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(100) }));
  await assert.rejects(older.store.write(1, { puts, deletes: [], rangeDeletes: [] }), { code: "STATE_CLOSED" });
  assert.equal(batches, 2);
  await opening;
  const newer = await openOne(backend, 0);
  assert.deepEqual(await linesOf(newer.store), []);
  await newer.session.close();
});
