import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import { isTidemarkError } from "@tidemark/core";
// Loaded while this process still may read it.
import "level";
import { temporaryDirectory } from "./fixtures.ts";
import { suiteEnv, writeOne } from "./one-job.ts";
import { NOBODY, withoutRights } from "./without-rights.ts";

const JOB = { name: "suite", env: suiteEnv };
const WAY_OUT = /Check that this process may read and write there.* start the job again/;

async function refused(location: string, run: () => Promise<unknown>): Promise<void> {
  await withoutRights(() =>
    assert.rejects(run(), (error) => {
      assert.ok(isTidemarkError(error));
      assert.equal(error.code, "STATE_IO", error.message);
      assert.match(error.message, WAY_OUT);
      return error.message.includes(location);
    }),
  );
}

/** A directory that everybody may enter, and only its owner may write. */
async function enterable(): ReturnType<typeof temporaryDirectory> {
  const directory = await temporaryDirectory();
  await chmod(directory.path, 0o755);
  return directory;
}

async function snapshot(location: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(location)).toSorted();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(location, name), "hex")] as const)),
  );
}

test("leveldb: a place where no directory may be made is refused with STATE_IO, by name", async () => {
  const { path, remove } = await enterable();
  await chmod(path, 0o555);
  await refused(join(path, "state"), () => leveldb(join(path, "state")).open(JOB));
  assert.deepEqual(await readdir(path), []);
  await chmod(path, 0o755);
  await remove();
});

test("leveldb: a database that may not be written is refused with STATE_IO, by name, and left as it is", async () => {
  const { path, remove } = await enterable();
  const location = join(path, "state");
  await writeOne(location);
  for (const name of await readdir(location)) await chmod(join(location, name), 0o444);
  await chmod(location, 0o555);
  const before = await snapshot(location);
  await refused(location, () => leveldb(location).open(JOB));
  assert.deepEqual(await snapshot(location), before);
  await chmod(location, 0o755);
  for (const name of await readdir(location)) await chmod(join(location, name), 0o644);
  await (await leveldb(location).open(JOB)).close();
  await remove();
});

test("leveldb: a database that may not be read is refused with STATE_IO, by name, not taken for a new or damaged one", async () => {
  const { path, remove } = await enterable();
  const location = join(path, "state");
  await writeOne(location);
  const before = await snapshot(location);
  for (const name of ["", "CURRENT", "head.witness", (await readdir(location)).find((file) => file.endsWith(".log"))]) {
    assert.ok(name !== undefined);
    await chmod(join(location, name), 0);
    await refused(location, () => leveldb(location).open(JOB));
    await chmod(join(location, name), name === "" ? 0o755 : 0o644);
  }
  // LevelDB begins its notes anew when it is asked whether somebody else has the database.
  const after = new Map([...(await snapshot(location))].filter(([name]) => !name.startsWith("LOG")));
  assert.deepEqual(after, new Map([...before].filter(([name]) => !name.startsWith("LOG"))));
  await remove();
});

test("leveldb: a directory that may no longer be written fails the next checkpoint with STATE_IO; its head stands", async () => {
  const { path, remove } = await enterable();
  const location = join(path, "state");
  await mkdir(location);
  if (process.geteuid?.() === 0) await chown(location, NOBODY, NOBODY);
  const session = await withoutRights(() => leveldb(location).open(JOB));
  await chmod(location, 0o555);
  await withoutRights(() => assert.rejects(writeFile(join(location, "probe"), ""), { code: "EACCES" }));
  await withoutRights(() =>
    assert.rejects(session.head.compareAndSet(undefined, Uint8Array.of(1)), {
      code: "STATE_IO",
      message: new RegExp(
        `Cannot write head\\.witness beside leveldb "${location}": .*Check that this process may write`,
      ),
    }),
  );
  assert.equal((await session.head.read())?.tag, "1");
  await session.close();
  await chmod(location, 0o755);
  const again = await leveldb(location).open(JOB);
  assert.equal((await again.head.read())?.tag, "1");
  await again.close();
  await remove();
});
