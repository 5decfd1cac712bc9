import type { KeyRange, StateChanges } from "../backend.ts";
import { SortedTable } from "./sorted-table.ts";

/** A value, or `null` where the key was deleted. */
export type Change = Uint8Array | null;

/** What one or more epochs change: range deletes first, then single keys, of which each is named once. */
export interface Delta {
  /** The newest epoch in it. */
  readonly epoch: number;
  readonly ranges: KeyRange[];
  readonly entries: SortedTable<Change>;
}

/** A delta without changes. */
export function emptyDelta(epoch: number): Delta {
  return { epoch, ranges: [], entries: new SortedTable() };
}

/** Whether a delta changes nothing. */
export function isEmptyDelta(delta: Delta): boolean {
  return delta.ranges.length === 0 && delta.entries.size === 0;
}

/** Adds later changes to a delta. */
export function addChanges(delta: Delta, changes: StateChanges): void {
  for (const range of changes.rangeDeletes) {
    delta.entries.deleteRange(range.from, range.to);
    delta.ranges.push(range);
  }
  for (const key of changes.deletes) delta.entries.set(key, null);
  for (const { key, value } of changes.puts) delta.entries.set(key, value);
}

/** Makes changes in a table that holds the newest values. */
export function applyChanges(table: SortedTable<Uint8Array>, changes: StateChanges): void {
  for (const range of changes.rangeDeletes) table.deleteRange(range.from, range.to);
  for (const key of changes.deletes) table.delete(key);
  for (const { key, value } of changes.puts) table.set(key, value);
}
