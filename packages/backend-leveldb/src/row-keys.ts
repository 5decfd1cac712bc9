import { toHex } from "@tidemark/core/internal";
import { readU32, roomFor, writeU32 } from "./row-bytes.ts";

/** The first byte of a row's key says what the row is. `docs/format.md` has the whole layout. */
export const RowKind = { bounds: 0x62, data: 0x64, head: 0x68, job: 0x6a, manifest: 0x6d, undo: 0x75 } as const;

/** Bytes of an undo row's key in front of the data key: the kind, and the epoch as u64. */
export const UNDO_PREFIX_BYTES = 9;

export const JOB_KEY: Uint8Array = Uint8Array.of(RowKind.job);
export const HEAD_KEY: Uint8Array = Uint8Array.of(RowKind.head);
export const BOUNDS_KEY: Uint8Array = Uint8Array.of(RowKind.bounds);

/** The row that holds the newest value of a state key. */
export function dataKey(key: Uint8Array): Uint8Array {
  const row = roomFor(1 + key.length);
  row[0] = RowKind.data;
  row.set(key, 1);
  return row;
}

/** A key group as the first bytes of a key; one past the last group there can be is still two bytes. */
export function groupKey(group: number): Uint8Array {
  return Uint8Array.of(group >>> 8, group & 0xff);
}

/** The row that holds what a state key was before an epoch first changed it. */
export function undoKey(epoch: number, key: Uint8Array): Uint8Array {
  const row = roomFor(UNDO_PREFIX_BYTES + key.length);
  row[0] = RowKind.undo;
  writeU32(row, 1, Math.floor(epoch / 0x1_0000_0000));
  writeU32(row, 5, epoch >>> 0);
  row.set(key, UNDO_PREFIX_BYTES);
  return row;
}

/** The epoch in the key of an undo row. */
export function undoEpoch(row: Uint8Array): number {
  return readU32(row, 1) * 0x1_0000_0000 + readU32(row, 5);
}

/** The row of a manifest. Its name is ASCII, percent-encoded where it is not. */
export function manifestKey(name: string): Uint8Array {
  return Uint8Array.from(`m${encodeURIComponent(name)}`, (character) => character.charCodeAt(0));
}

/** The name of a manifest's row. */
export function manifestOf(row: Uint8Array): string {
  return decodeURIComponent(String.fromCharCode(...row.subarray(1)));
}

/** What messages call a row. */
export function rowLabel(row: Uint8Array): string {
  const kind = Object.entries(RowKind).find(([, byte]) => byte === row[0])?.[0] ?? "unknown";
  return `${kind} row 0x${toHex(row.subarray(0, 64))}${row.length > 64 ? "..." : ""}`;
}
