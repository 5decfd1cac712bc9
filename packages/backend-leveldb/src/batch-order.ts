import type { Directory } from "./directory.ts";
import { byNumber, LOG_FILE } from "./files/file-names.ts";

/**
 * What a power failure leaves of batches that were not synced. LevelDB appends each batch to a log, begins a new log now
 * and then, and does not sync the old one: a sync reaches the newest log alone, and a later batch can be left while an
 * earlier one is gone.
 */
export type BatchOrder =
  /** Batches may go in any order. Each one is synced, so that it does not matter. */
  | { readonly isKept: false }
  /** Only the last ones go. */
  | {
      readonly isKept: true;
      /** Called after each synced batch, before another one is written: all batches before it are on the disk then. */
      readonly syncOlder: () => Promise<void>;
    };

/** Nothing is known of the database. */
export const UNORDERED: BatchOrder = { isKept: false };

/** A database that keeps the order by itself, with whatever it syncs. */
export const ORDERED: BatchOrder = { isKept: true, syncOlder: async () => undefined };

/**
 * A LevelDB in a directory. The logs before the newest one are synced file by file; they are gone once their batches are
 * in a table, which LevelDB syncs. What a power failure left behind a gap is cut off before the database is opened again:
 * see `files/log-tail.ts`.
 */
export function orderedByLogs(directory: Directory): BatchOrder {
  return {
    isKept: true,
    syncOlder: async () => {
      const logs = (await directory.list()).filter((file) => LOG_FILE.test(file));
      for (const file of logs.toSorted(byNumber).slice(0, -1)) await directory.sync(file);
    },
  };
}
