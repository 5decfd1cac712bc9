import type { StateBackend } from "@tidemark/core";
import { checkWhole, invalidOption } from "@tidemark/core/internal";
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
  /**
   * Changes are gathered in memory up to this size, two of which there may be, and are in the log until they become a table. With
   * twice as much, half as much of what lies beneath is written again for each byte that changes, where state is large; an opening
   * reads up to twice as long a log. Of the database that is made on a disk alone. Default: 16 MiB.
   */
  readonly writeBufferBytes?: number;
}

const WRITE_BUFFER_BYTES: number = 16 * 1024 * 1024;

/** LevelDB takes no less and no more. */
const [WRITE_BUFFER_LEAST, WRITE_BUFFER_MOST] = [64 * 1024, 1024 * 1024 * 1024] as const;

/**
 * A state backend in a LevelDB database. What a checkpoint holds has been synced to the disk before the checkpoint is
 * complete; state may be larger than memory.
 *
 * @param location The directory, made if it is not there. Each job has its own, and one process at a time has it open.
 * @throws {ConfigurationError} OPTION_INVALID if an option makes no sense, or none beside another one.
 */
export function leveldb(location: string, options: LeveldbOptions = {}): StateBackend {
  const { database, unsyncedLoss = "any", writeBufferBytes } = options;
  if (database === undefined) {
    const opening = { location, writeBufferBytes: checkedBuffer(writeBufferBytes ?? WRITE_BUFFER_BYTES) };
    return new LeveldbBackend(location, (name, mustExist) => openLevel({ ...opening, name, mustExist }));
  }
  if (writeBufferBytes !== undefined) {
    throw invalidOption("writeBufferBytes", writeBufferBytes, "a database that is given has its own");
  }
  return new LeveldbBackend(location, async () => ({
    database: await database(),
    order: unsyncedLoss === "newest" ? ORDERED : UNORDERED,
  }));
}

function checkedBuffer(bytes: number): number {
  if (checkWhole("writeBufferBytes", bytes, WRITE_BUFFER_LEAST) <= WRITE_BUFFER_MOST) return bytes;
  throw invalidOption("writeBufferBytes", bytes, `it must be at most ${WRITE_BUFFER_MOST}`);
}
