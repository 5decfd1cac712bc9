import { concatBytes, toHex } from "@tidemark/core/internal";

/** The first byte of a row's key says what the row is. `docs/format.md` has the whole layout. */
export const RowKind = { bounds: 0x62, data: 0x64, head: 0x68, job: 0x6a, manifest: 0x6d, undo: 0x75 } as const;

/** Bytes of an undo row's key in front of the data key: the kind, and the epoch as u64. */
export const UNDO_PREFIX_BYTES = 9;

export const JOB_KEY: Uint8Array = Uint8Array.of(RowKind.job);
export const HEAD_KEY: Uint8Array = Uint8Array.of(RowKind.head);
export const BOUNDS_KEY: Uint8Array = Uint8Array.of(RowKind.bounds);

/** The row that holds the newest value of a state key. */
export function dataKey(key: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(RowKind.data), key]);
}

/** A key group as the first bytes of a key; one past the last group there can be is still two bytes. */
export function groupKey(group: number): Uint8Array {
  return Uint8Array.of(group >>> 8, group & 0xff);
}

/** The row that holds what a state key was before an epoch first changed it. */
export function undoKey(epoch: number, key: Uint8Array): Uint8Array {
  const row = new Uint8Array(UNDO_PREFIX_BYTES + key.length);
  const view = new DataView(row.buffer);
  row[0] = RowKind.undo;
  view.setUint32(1, epoch / 0x1_0000_0000);
  view.setUint32(5, epoch >>> 0);
  row.set(key, UNDO_PREFIX_BYTES);
  return row;
}

/** The epoch in the key of an undo row. */
export function undoEpoch(row: Uint8Array): number {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  return view.getUint32(1) * 0x1_0000_0000 + view.getUint32(5);
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
