/** Rows are put together in buffers of this size. */
const CHUNK_BYTES: number = 64 * 1024;

let chunk = new ArrayBuffer(0);
let taken = 0;

/**
 * Zeroed room for the bytes of a key or a value. Many lie in one buffer: what is to cross into LevelDB needs memory outside of
 * the heap, and a piece of its own for each row costs more than all else that is done with the row. No room is given twice, so
 * whoever keeps a row keeps it unchanged, and up to {@link CHUNK_BYTES} of others with it.
 */
export function roomFor(bytes: number): Uint8Array {
  if (bytes > CHUNK_BYTES / 4) return new Uint8Array(bytes);
  if (taken + bytes > chunk.byteLength) {
    chunk = new ArrayBuffer(CHUNK_BYTES);
    taken = 0;
  }
  const room = new Uint8Array(chunk, taken, bytes);
  taken += bytes;
  return room;
}

/** A `DataView` for each row would cost more than its bytes. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** What {@link writeU32} wrote. */
export function readU32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return high * 0x1_0000 + low;
}
