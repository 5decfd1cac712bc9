import type { StateBackend } from "@tidemark/core";
import { ORDERED, UNORDERED } from "./batch-order.ts";
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
  /**
   * What a power failure may take of batches that were not synced, by a database that was given. `"newest"`: the last ones
   * alone, and a synced batch keeps all before it; the database is synced three times for each checkpoint. `"any"`: also a
   * batch before one that is left, as in LevelDB when a log file ends between the two; every batch is synced. Default:
   * `"any"`.
   */
  readonly unsyncedLoss?: "newest" | "any";
}

/**
 * A state backend in a LevelDB database. What a checkpoint holds has been synced to the disk before the checkpoint is
 * complete; state may be larger than memory.
 *
 * @param location The directory, made if it is not there. Each job has its own, and one process at a time has it open.
 */
export function leveldb(location: string, options: LeveldbOptions = {}): StateBackend {
  const { database, unsyncedLoss = "any" } = options;
  if (database === undefined) {
    return new LeveldbBackend(location, (name, mustExist) => openLevel(location, name, mustExist));
  }
  return new LeveldbBackend(location, async () => ({
    database: await database(),
    order: unsyncedLoss === "newest" ? ORDERED : UNORDERED,
  }));
}
