import assert from "node:assert/strict";
import { cp, link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import { Level } from "level";
import { orderedByLogs } from "../src/batch-order.ts";
import { openDirectory } from "../src/directory.ts";
import { byNumber, LOG_FILE } from "../src/files/file-names.ts";
import { LeveldbBackend } from "../src/leveldb-backend.ts";
import { prepareFiles } from "../src/open-level.ts";
import { temporaryDirectory } from "./fixtures.ts";
import { keyOf, linesOf, openOne } from "./one-job.ts";

const KEYS = 400;

/** A backend whose LevelDB begins a new log after some 64 KiB. */
function smallLogs(location: string): LeveldbBackend {
  return new LeveldbBackend(location, async (name) => {
    const directory = await openDirectory(location);
    assert.ok(directory !== undefined);
    const files = await prepareFiles(directory, location, name);
    // Only now: it opens itself in the next turn of the event loop, whether it is asked to or not.
    const database = new Level(location, { writeBufferSize: 65_536 });
    return { database, files, order: orderedByLogs(directory) };
  });
}

const putsOf = (round: number): { key: Uint8Array; value: Uint8Array }[] =>
  Array.from({ length: KEYS }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(100).fill(round + index) }));

/**
 * What a disk may hold on which nothing was synced since the first checkpoint: the files of that moment, and all logs that
 * were written since then and that LevelDB had not put into tables.
 */
async function writeOnAndKeepLogs(
  path: string,
  crashed: string,
): Promise<{ logs: readonly string[]; handle: Uint8Array }> {
  const location = join(path, "state");
  const { session, store } = await openOne(smallLogs(location), 0);
  await store.write(1, { puts: putsOf(1), deletes: [], rangeDeletes: [] });
  const handle = await store.seal(1);
  await session.flush(1);
  await session.head.compareAndSet((await session.head.read())?.tag, handle);
  const logs = new Set<string>();
  await mkdir(join(path, "logs"));
  const keepLogs = async (): Promise<void> => {
    for (const name of (await readdir(location)).filter((file) => LOG_FILE.test(file) && !logs.has(file))) {
      await link(join(location, name), join(path, "logs", name));
      logs.add(name);
    }
  };
  await keepLogs();
  await cp(location, crashed, { recursive: true });
  // Each round overwrites every key: the first one writes the images, and the others rely on them.
  for (let round = 2; round <= 8; round++) {
    await store.write(2, { puts: putsOf(round), deletes: [], rangeDeletes: [] });
    await keepLogs();
  }
  await session.close();
  for (const name of logs) await cp(join(path, "logs", name), join(crashed, name));
  return { logs: [...logs].toSorted(byNumber), handle };
}

test("leveldb: a power failure that takes an older log and leaves a newer one goes back to the newest head", async () => {
  const { path, remove } = await temporaryDirectory();
  const crashed = join(path, "crashed");
  const { logs, handle } = await writeOnAndKeepLogs(path, crashed);
  assert.ok(logs.length >= 3, `${logs.length} logs`);
  const expected = putsOf(1).map(({ key, value }) => `${key.join(".")}=${value.join(".")}`);
  // The first log has the witnessed head; behind that it may end anywhere.
  const first = await readFile(join(crashed, logs[0] as string));
  const copy = join(path, "copy");
  let recovered = 0;
  const older = logs.slice(0, -1);
  for (const [file, part] of older.flatMap((log) => [0.6, 0.9, 0.999].map((at) => [log, at] as const))) {
    const bytes = file === logs[0] ? first : await readFile(join(crashed, file));
    await rm(copy, { recursive: true, force: true });
    await cp(crashed, copy, { recursive: true });
    const cutAt = Math.floor(bytes.length * part);
    await writeFile(join(copy, file), bytes.subarray(0, cutAt));
    const outcome = await openOne(leveldb(copy), 1, handle).catch((error: { code?: string }) => error.code);
    if (typeof outcome === "string") {
      assert.equal(outcome, "STATE_CORRUPT");
      assert.ok(file === logs[0], `${file} cut at ${cutAt} of ${bytes.length}: nothing of it was promised`);
      continue;
    }
    assert.ok(typeof outcome === "object");
    assert.deepEqual((await linesOf(outcome.store)).toSorted(), expected.toSorted(), `${file} cut at ${cutAt}`);
    await outcome.session.close();
    recovered++;
  }
  assert.ok(recovered >= 3 * (older.length - 1), `${recovered} of ${3 * older.length} went on`);
  await remove();
});
