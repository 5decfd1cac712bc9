import assert from "node:assert/strict";
import { leveldb } from "@tidemark/backend-leveldb";
import { isTidemarkError, type StateBackend, type StateEntry, type StateStore } from "@tidemark/core";
import { ALL_KEYS } from "@tidemark/core/internal";
import { Level } from "level";
import { orderedByLogs } from "../src/batch-order.ts";
import { openDirectory } from "../src/directory.ts";
import { LeveldbBackend } from "../src/leveldb-backend.ts";
import { prepareFiles } from "../src/open-level.ts";
import { keyOf, suiteEnv } from "./one-job.ts";

const JOB = { name: "suite", env: suiteEnv };
const KEY_GROUPS = { first: 0, last: 15 };
const KEYS = 560;

/** What the head of a small database holds. */
interface SmallHead {
  readonly epoch: number;
  readonly handle: readonly number[];
}

/**
 * Makes a database as a job would: two starts with three checkpoints each, and an epoch that was cut short. What the first
 * one wrote has become a table. For the second one LevelDB is told to make a table of so little that it does it while the
 * session goes on; what was written last is in the log, over several of its blocks.
 */
export async function makeSmallDatabase(location: string): Promise<void> {
  await runSession(leveldb(location));
  await runSession(
    new LeveldbBackend(location, async (name) => {
      const directory = await openDirectory(location);
      assert.ok(directory !== undefined);
      const files = await prepareFiles(directory, location, name);
      // Only now: it opens itself in the next turn of the event loop, whether it is asked to or not.
      const database = new Level(location, { writeBufferSize: 98_304 });
      return { database, files, order: orderedByLogs(directory) };
    }),
  );
}

async function runSession(backend: StateBackend): Promise<void> {
  const session = await backend.open(JOB);
  const found = await session.head.read();
  const restored = found === undefined ? { epoch: 0, handle: [] } : decode<SmallHead>(found.bytes);
  let tag = await session.head.compareAndSet(found?.tag, encode(restored));
  await session.rollback(restored.epoch);
  const parts = restored.epoch === 0 ? [] : [{ keyGroups: KEY_GROUPS, handle: Uint8Array.from(restored.handle) }];
  const store = await session.openStore({ owner: "0-0", generation: 1, keyGroups: KEY_GROUPS, parts });
  for (let epoch = restored.epoch + 1; epoch <= restored.epoch + 3; epoch++) {
    await writeEpoch(store, epoch);
    const handle = [...(await store.seal(epoch))];
    const manifest = `1-${epoch}`;
    await session.flush(epoch);
    await session.manifests.write(manifest, encode({ manifest, handle }));
    tag = await session.head.compareAndSet(tag, encode({ epoch, handle }));
    await session.release([{ epoch, manifest, handles: [] }]);
  }
  await writeEpoch(store, restored.epoch + 4);
  await session.close();
}

async function writeEpoch(store: StateStore, epoch: number): Promise<void> {
  const keys = Array.from({ length: KEYS }, (_, index) => index).filter((index) => isWritten(epoch, index));
  const half = keys.length >> 1;
  for (const part of [keys.slice(0, half), keys.slice(half)]) {
    const puts = part
      .filter((index) => index % 9 !== epoch % 9)
      .map((index) => ({ key: keyOf(index), value: encode([epoch, index, (index * 2_654_435_761) >>> 0]) }));
    const deletes = part.filter((index) => index % 9 === epoch % 9).map(keyOf);
    await store.write(epoch, { puts, deletes, rangeDeletes: [] });
  }
}

/** Half of the keys are written in most epochs, the others in one of six: what is lost of these does not come back. */
function isWritten(epoch: number, index: number): boolean {
  return index % 2 === 0 ? index % 8 !== (2 * epoch) % 8 : index % 12 === (2 * epoch + 1) % 12;
}

/** Everything that a restart would find, as text; or the code of the error with which it is refused. */
export async function examine(location: string): Promise<{ readonly state: string } | { readonly refused: string }> {
  try {
    return { state: await readAll(location) };
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    return { refused: error.code };
  }
}

async function readAll(location: string): Promise<string> {
  const session = await leveldb(location).open(JOB);
  try {
    const head = await session.head.read();
    if (head === undefined) return "nothing";
    const { epoch, handle } = decode<SmallHead>(head.bytes);
    const manifest = await session.manifests.read(`1-${epoch}`);
    await session.rollback(epoch);
    const parts = [{ keyGroups: KEY_GROUPS, handle: Uint8Array.from(handle) }];
    const store = await session.openStore({ owner: "0-0", generation: 2, keyGroups: KEY_GROUPS, parts });
    const scanned: StateEntry[] = [];
    for await (const slice of store.scan(ALL_KEYS)) scanned.push(...slice);
    const keys = Array.from({ length: KEYS }, (_, index) => keyOf(index));
    const read = await store.read(keys);
    return JSON.stringify([
      epoch,
      manifest && [...manifest],
      scanned.map(lineOf),
      read.map((value) => value && [...value]),
    ]);
  } finally {
    await session.close();
  }
}

function lineOf({ key, value }: StateEntry): string {
  return `${key.join(".")}=${value.join(".")}`;
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}
