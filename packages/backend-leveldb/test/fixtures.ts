import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StateBackendFixture, StateDamage } from "@tidemark/core/testing";
import { Level } from "level";
import { leveldb, type LevelDatabase } from "@tidemark/backend-leveldb";

const BYTES = { keyEncoding: "view", valueEncoding: "view" } as const;

/** A new directory under the system's own for such things. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "tidemark-leveldb-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The files of a database that somebody has filled and closed. */
export async function filesAfter(fill: (path: string) => Promise<void>): Promise<Map<string, Uint8Array>> {
  const { path, remove } = await temporaryDirectory();
  await fill(path);
  const files = new Map<string, Uint8Array>();
  for (const name of await readdir(path)) files.set(name, Uint8Array.from(await readFile(join(path, name))));
  await remove();
  return files;
}

/** A fixture over databases that `make` opens on the same rows again and again. */
export function databaseFixture(make: () => LevelDatabase, dispose: () => Promise<void>): StateBackendFixture {
  let handle: LevelDatabase | undefined;
  const database = (): LevelDatabase => (handle = make());
  const crash = async (): Promise<void> => {
    await handle?.close();
    handle = undefined;
  };
  return {
    backend: leveldb("suite", { database }),
    // Closing the database under the backend, without a word to it, is as near to a kill as one process gets.
    reopen: async () => {
      await crash();
      return leveldb("suite", { database });
    },
    damage: async (kind) => {
      await crash();
      const opened = make();
      await opened.open();
      const hasDamaged = await damage(opened, kind);
      await opened.close();
      return hasDamaged;
    },
    dispose: async () => {
      await crash();
      await dispose();
    },
  };
}

/** A fixture over LevelDB in a directory of its own. */
export async function levelFixture(): Promise<StateBackendFixture> {
  const { path, remove } = await temporaryDirectory();
  return databaseFixture(() => new Level(path), remove);
}

const KINDS: Readonly<Record<StateDamage, string | undefined>> = {
  state: "d",
  "state-missing": undefined,
  head: "h",
  manifest: "m",
};

async function damage(database: LevelDatabase, kind: StateDamage): Promise<boolean> {
  const letter = KINDS[kind];
  if (letter === undefined) return false;
  const from = Uint8Array.of(letter.charCodeAt(0));
  const iterator = database.iterator({
    ...BYTES,
    gte: from,
    reverse: false,
    values: true,
    limit: 1,
    highWaterMarkBytes: 1,
  });
  const [row] = await iterator.nextv(1);
  await iterator.close();
  if (row === undefined || row[0][0] !== from[0]) return false;
  const value = row[1].slice();
  value[value.length - 1] = (value[value.length - 1] as number) ^ 0x01;
  await database.batch([{ type: "put", key: row[0], value }], { ...BYTES, sync: true });
  return true;
}
