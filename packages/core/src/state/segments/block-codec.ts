import { ByteReader } from "../../bytes/reader.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import type { Change } from "./delta.ts";

/** Every so many entries a key is written in full, so that a search can begin there. */
export const RESTART_ENTRIES = 16;

/**
 * Writes one block: entries in the order of keys, of each key only what differs from the one before, as in the tables of
 * LevelDB (table_format.md), and behind them where keys stand in full.
 */
export class BlockWriter {
  readonly #bytes = new ByteWriter(4096);
  readonly #restarts: number[] = [];
  #entries = 0;
  #last: Uint8Array = new Uint8Array(0);

  /** Bytes so far. */
  get sizeBytes(): number {
    return this.#bytes.length + 4 * this.#restarts.length + 4;
  }

  /** Entries so far. */
  get entries(): number {
    return this.#entries;
  }

  add(key: Uint8Array, value: Change): void {
    let shared = 0;
    if (this.#entries % RESTART_ENTRIES === 0) this.#restarts.push(this.#bytes.length);
    else shared = sharedLength(this.#last, key);
    this.#bytes.varint(shared);
    this.#bytes.varint(key.length - shared);
    this.#bytes.varint(value === null ? 0 : value.length + 1);
    this.#bytes.raw(key.subarray(shared));
    if (value !== null) this.#bytes.raw(value);
    this.#last = key;
    this.#entries++;
  }

  /** The block. The writer begins anew, and what is returned is good until its next entry. */
  finish(): Uint8Array {
    for (const restart of this.#restarts) this.#bytes.u32(restart);
    this.#bytes.u32(this.#restarts.length);
    const block = this.#bytes.view();
    this.#restarts.length = 0;
    this.#entries = 0;
    this.#bytes.reset();
    return block;
  }
}

/** An entry of a block. The key is a copy, the value a view of the block. */
export interface BlockEntry {
  readonly key: Uint8Array;
  readonly value: Change;
}

/** Reads a block from a key on, in order. */
export class BlockCursor {
  readonly #block: Uint8Array;
  readonly #restarts: number;
  readonly #end: number;
  #reader: ByteReader;
  #last: Uint8Array = new Uint8Array(0);

  /** @throws {SerializationError} here or later, if the bytes are no block. */
  constructor(block: Uint8Array) {
    this.#block = block;
    this.#restarts = new ByteReader(block, Math.max(0, block.length - 4)).u32();
    this.#end = block.length - 4 - 4 * this.#restarts;
    this.#reader = new ByteReader(block, 0, this.#end);
  }

  /** The first entry whose key is not before `key`; `undefined` if there is none. Goes on from there. */
  seek(key: Uint8Array): BlockEntry | undefined {
    this.#reader = new ByteReader(this.#block, this.#restartBefore(key), this.#end);
    for (let entry = this.next(); entry !== undefined; entry = this.next()) {
      if (compareAt(entry.key, 0, entry.key.length, key) >= 0) return entry;
    }
    return undefined;
  }

  /** The next entry; `undefined` after the last. */
  next(): BlockEntry | undefined {
    const reader = this.#reader;
    if (reader.remaining === 0) return undefined;
    const shared = reader.varint();
    const own = reader.varint();
    const size = reader.varint();
    const rest = reader.raw(own);
    const key = new Uint8Array(shared + own);
    key.set(this.#last.subarray(0, shared));
    key.set(rest, shared);
    this.#last = key;
    return { key, value: size === 0 ? null : reader.raw(size - 1) };
  }

  /** Where the last full key stands that is not after `key`. */
  #restartBefore(key: Uint8Array): number {
    let low = 0;
    let high = this.#restarts;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareRestart(middle, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#offsetOf(Math.max(0, low - 1));
  }

  #compareRestart(restart: number, key: Uint8Array): number {
    const reader = new ByteReader(this.#block, this.#offsetOf(restart), this.#end);
    reader.varint();
    const size = reader.varint();
    reader.varint();
    return compareAt(this.#block, reader.position, size, key);
  }

  #offsetOf(restart: number): number {
    return this.#restarts === 0 ? 0 : new ByteReader(this.#block, this.#end + 4 * restart).u32();
  }
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return shared;
}

/** As `compareBytes`, with a key that stands within other bytes. */
function compareAt(bytes: Uint8Array, offset: number, length: number, key: Uint8Array): number {
  const shared = Math.min(length, key.length);
  for (let i = 0; i < shared; i++) {
    const difference = (bytes[offset + i] as number) - (key[i] as number);
    if (difference !== 0) return difference;
  }
  return length - key.length;
}
