import type { StateBackend } from "@tidemark/core";
import type { LevelDatabase } from "./level-database.ts";
import { LeveldbBackend } from "./leveldb-backend.ts";
import { openLevel } from "./open-level.ts";

/** Options of {@link leveldb}. */
export interface LeveldbOptions {
  /**
   * Makes the database: any of abstract-level 3. Called at each opening. Default: the package `level`, which is LevelDB,
   * and IndexedDB in a browser. Only the files of the default on a disk are looked through for damage.
   */
  readonly database?: () => LevelDatabase | Promise<LevelDatabase>;
}

/**
 * A state backend in a LevelDB database. What a checkpoint holds has been synced to the disk before the checkpoint is
 * complete; state may be larger than memory.
 *
 * @param location The directory, made if it is not there. Each job has its own, and one process at a time has it open.
 */
export function leveldb(location: string, options: LeveldbOptions = {}): StateBackend {
  const { database } = options;
  if (database === undefined) return new LeveldbBackend(location, (name) => openLevel(location, name));
  return new LeveldbBackend(location, async () => ({ database: await database(), witness: undefined }));
}
