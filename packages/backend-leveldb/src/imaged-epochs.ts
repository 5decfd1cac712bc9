import type { LevelRows } from "./level-rows.ts";
import { RowKind, undoEpoch, undoKey } from "./row-keys.ts";

/** The epochs above `epoch` that have images, from the oldest to the newest: one look for each. */
export async function epochsAbove(rows: LevelRows, epoch: number): Promise<readonly number[]> {
  const epochs: number[] = [];
  for (let from = epoch + 1; ;) {
    const next = await rows.firstKey({ from: undoKey(from, new Uint8Array(0)), to: Uint8Array.of(RowKind.undo + 1) });
    if (next === undefined) return epochs;
    const found = undoEpoch(next);
    epochs.push(found);
    from = found + 1;
  }
}
