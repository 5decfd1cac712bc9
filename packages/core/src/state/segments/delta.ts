import type { StateChanges } from "../backend.ts";
import { RangeSet } from "./range-set.ts";
import { SortedTable } from "./sorted-table.ts";

/** A value, or `null` where the key was deleted. */
export type Change = Uint8Array | null;

/** Changes that are in memory: range deletes first, then single keys, of which each is named once. */
export class Delta {
  /** The newest epoch in it. */
  readonly epoch: number;
  readonly ranges: RangeSet = new RangeSet();
  readonly entries: SortedTable<Change> = new SortedTable();
  #sizeBytes = 0;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** About how many bytes of keys and values it holds: never less. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isEmpty(): boolean {
    return this.ranges.size === 0 && this.entries.size === 0;
  }

  /** Adds later changes. */
  add(changes: StateChanges): void {
    for (const range of changes.rangeDeletes) {
      this.entries.deleteRange(range.from, range.to);
      this.ranges.add(range);
      this.#sizeBytes += range.from.length + range.to.length;
    }
    for (const key of changes.deletes) this.set(key, null);
    for (const { key, value } of changes.puts) this.set(key, value);
  }

  /** Adds a later change of one key. */
  set(key: Uint8Array, change: Change): void {
    const before = this.entries.set(key, change);
    this.#sizeBytes += (change?.length ?? 0) - (before?.length ?? 0) + (before === undefined ? key.length : 0);
  }

  /** What it says of a key: its value, `null` for a deleted one, `undefined` for nothing. */
  find(key: Uint8Array): Change | undefined {
    const found = this.entries.get(key);
    return found === undefined && this.ranges.covers(key) ? null : found;
  }
}
