import { type SimBackend, type SimProcess, sortedMedium } from "@tidemark/core/testing";

import { leveldb } from "../leveldb.ts";
import { FaultyLevel } from "./faulty-level.ts";

/** Which disk {@link simLeveldb} lies on. */
export interface SimLeveldbOptions {
  /**
   * What a power cut takes. `"newest"`: the newest batches that were not synced, as where older logs are synced. `"any"`: also
   * a batch that came before one that was synced; every batch is synced there. Default: `"newest"`.
   */
  readonly unsyncedLoss?: "newest" | "any";
}

/** How many batches a log takes on average where a power cut may take any. */
const LOG_BATCHES = 2;

/**
 * The LevelDB backend for `simulate`: the backend itself, over a database whose every write is an effect, and which loses in
 * a power cut what was not synced.
 */
export function simLeveldb({ unsyncedLoss = "newest" }: SimLeveldbOptions = {}): SimBackend {
  const isNewest = unsyncedLoss === "newest";
  return {
    name: isNewest ? "leveldb" : "leveldb-given",
    disk: true,
    prepare: (world) => {
      const medium = sortedMedium(world, { logBatches: isNewest ? Infinity : LOG_BATCHES });
      const database = (process: SimProcess) => (): FaultyLevel => new FaultyLevel(process, medium);
      return (process) => leveldb("./state", { database: database(process), ...(isNewest ? { unsyncedLoss } : {}) });
    },
  };
}
