import type { SnapshotImage } from "../savepoints/image.ts";
import type { StateEntry, StateStore } from "../state/backend.ts";
import type { KeyGroupRange } from "../state/key-groups.ts";
import { prefixRange } from "../state/key-range.ts";
import { operatorPrefix } from "../state/layout.ts";

/** What is brought into a store. */
export interface ImportOptions {
  readonly image: SnapshotImage;
  readonly store: StateStore;
  /** The operators and key groups of the store. */
  readonly operators: readonly string[];
  readonly keyGroups: KeyGroupRange;
  /** The first epoch after the restore: no restore sees what is imported until a checkpoint of it completes. */
  readonly epoch: number;
}

/** Entries are gathered up to this many bytes before they are written. */
const WRITE_BYTES = 256 * 1024;

/**
 * Writes the entries of a snapshot into a fresh store, as the first changes after it. So a savepoint of any backend and any
 * parallelism becomes state of this one; and if the process dies before the first checkpoint, nothing of it counts.
 */
export async function importState({ image, store, operators, keyGroups, epoch }: ImportOptions): Promise<void> {
  let puts: StateEntry[] = [];
  let bytes = 0;
  const write = async (): Promise<void> => {
    if (puts.length === 0) return;
    await store.write(epoch, { puts, deletes: [], rangeDeletes: [] });
    puts = [];
    bytes = 0;
  };
  for (let group = keyGroups.first; group <= keyGroups.last; group++) {
    for (const operator of operators) {
      for await (const slice of image.scan(prefixRange(operatorPrefix(group, operator)))) {
        for (const { key, value } of slice) {
          // Copies: what the snapshot gives are views of whole segments, or Buffers, whose `slice` makes a view.
          puts.push({ key: new Uint8Array(key), value: new Uint8Array(value) });
          bytes += key.length + value.length;
        }
        if (bytes >= WRITE_BYTES) await write();
      }
    }
  }
  await write();
}
