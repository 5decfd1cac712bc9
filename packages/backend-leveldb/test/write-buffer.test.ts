import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb, type LeveldbOptions } from "@tidemark/backend-leveldb";
import { ConfigurationError } from "@tidemark/core";
import { MemoryLevel } from "memory-level";

import { keyOf, openOne } from "./one-job.ts";

/** How many tables a megabyte becomes that nothing compresses. */
async function tablesAfter(options: LeveldbOptions): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-write-buffer-"));
  try {
    const { session, store } = await openOne(leveldb(directory, options), 0);
    for (let index = 0; index < 16; index++) {
      const value = crypto.getRandomValues(new Uint8Array(65_536));
      await store.write(1, { puts: [{ key: keyOf(index), value }], deletes: [], rangeDeletes: [] });
    }
    await session.close();
    return (await readdir(directory)).filter((name) => name.endsWith(".ldb")).length;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test("leveldb: what is written becomes tables when the write buffer is full", async () => {
  assert.equal(await tablesAfter({}), 0);
  assert.equal(await tablesAfter({ writeBufferBytes: 4 * 1024 * 1024 }), 0);
  assert.notEqual(await tablesAfter({ writeBufferBytes: 128 * 1024 }), 0);
});

test("leveldb: a write buffer that LevelDB would not take is refused, and one that nobody would look at", () => {
  const refuses = (options: LeveldbOptions, message: RegExp): void => {
    assert.throws(
      () => leveldb("./state", options),
      (error) => error instanceof ConfigurationError && error.code === "OPTION_INVALID" && message.test(error.message),
    );
  };
  for (const bytes of [0, 65_535, 100_000.5, NaN]) refuses({ writeBufferBytes: bytes }, /writeBufferBytes/);
  refuses({ writeBufferBytes: 2 ** 30 + 1 }, /at most 1073741824/);
  const database = (): MemoryLevel<Uint8Array, Uint8Array> => new MemoryLevel();
  refuses({ database, writeBufferBytes: 1_000_000 }, /a database that is given has its own/);
});
