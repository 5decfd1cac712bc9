/**
 * State and checkpoints on the local disk, in LevelDB; in IndexedDB where there is no disk.
 *
 * @example
 * ```ts
 * import { leveldb } from "@tidemark/backend-leveldb";
 *
 * const backend = leveldb("./state");
 * backend.name; // leveldb "./state"
 * ```
 *
 * @module
 */
export type {
  LevelClearOptions,
  LevelDatabase,
  LevelEncodings,
  LevelIterator,
  LevelIteratorOptions,
  LevelOperation,
  LevelWriteOptions,
} from "./level-database.ts";
export { leveldb, type LeveldbOptions } from "./leveldb.ts";
