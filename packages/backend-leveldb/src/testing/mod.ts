/**
 * The LevelDB backend under simulation.
 *
 * @example
 * ```ts
 * import { simLeveldb } from "@tidemark/backend-leveldb/testing";
 *
 * simLeveldb().name; // leveldb
 * ```
 *
 * @module
 */
export { FaultyLevel } from "./faulty-level.ts";
export { simLeveldb, type SimLeveldbOptions } from "./sim-leveldb.ts";
