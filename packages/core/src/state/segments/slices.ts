import type { SortedTable } from "./sorted-table.ts";

/** A slice of a scan or of an export holds no more entries than this. */
export const SLICE_ENTRIES_MAX = 1_000;

/** A slice ends with the entry that takes it to this size. */
export const SLICE_BYTES_MAX: number = 256 * 1024;

/** One entry of a {@link SortedTable}. */
export interface Walked<V> {
  readonly key: Uint8Array;
  readonly value: V;
}

/** The next entries of a table: from `from` on, or after it, as many as make a slice. */
export function sliceOf<V>(table: SortedTable<V>, from: Uint8Array, after: boolean): readonly Walked<V>[] {
  const slice: Walked<V>[] = [];
  let sizeBytes = 0;
  table.walk(from, after, (key, value) => {
    slice.push({ key, value });
    sizeBytes += key.length + (value instanceof Uint8Array ? value.length : 0);
    return slice.length < SLICE_ENTRIES_MAX && sizeBytes < SLICE_BYTES_MAX;
  });
  return slice;
}
