import { compareBytes } from "../../bytes/compare.ts";
import { invalidBytes } from "../../bytes/invalid.ts";
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

/** Reads a block: one key, or from a key on in order. What it is given has passed its checksum. */
export class BlockCursor {
  readonly #block: Uint8Array;
  readonly #restarts: number;
  readonly #end: number;
  #at = 0;
  #last: Uint8Array = new Uint8Array(0);

  /** @throws {SerializationError} BYTES_INVALID if it cannot be a block. */
  constructor(block: Uint8Array) {
    this.#block = block;
    this.#restarts = block.length < 4 ? 0 : wordAt(block, block.length - 4);
    this.#end = block.length - 4 - 4 * this.#restarts;
    if (this.#end < 0) throw invalidBytes(`a block of ${block.length} bytes with ${this.#restarts} restarts`, 0);
  }

  /** What the block says of one key. Makes no copy of any key on the way. */
  find(key: Uint8Array): Change | undefined {
    const block = this.#block;
    this.#at = this.#restartBefore(key);
    // How many bytes the key has in common with the entry before, which comes before it in order.
    let matched = 0;
    while (this.#at < this.#end) {
      const shared = this.#varint();
      const own = this.#varint();
      const size = this.#varint();
      const start = this.#at;
      this.#at = start + own + Math.max(0, size - 1);
      // It has more in common with the entry before than the key has: so it comes before the key as well.
      if (shared > matched) continue;
      // It differs from the entry before where that one was still equal to the key: it comes behind the key.
      if (shared < matched) return undefined;
      const most = Math.min(key.length, shared + own);
      while (matched < most && block[start + matched - shared] === key[matched]) matched++;
      if (matched === shared + own) {
        if (matched < key.length) continue;
        return size === 0 ? null : block.subarray(start + own, start + own + size - 1);
      }
      if (matched === key.length) return undefined;
      if ((block[start + matched - shared] as number) > (key[matched] as number)) return undefined;
    }
    return undefined;
  }

  /** The first entry whose key is not before `key`; `undefined` if there is none. Goes on from there. */
  seek(key: Uint8Array): BlockEntry | undefined {
    this.#at = this.#restartBefore(key);
    for (let entry = this.next(); entry !== undefined; entry = this.next()) {
      if (compareBytes(entry.key, key) >= 0) return entry;
    }
    return undefined;
  }

  /** The next entry; `undefined` after the last. */
  next(): BlockEntry | undefined {
    if (this.#at >= this.#end) return undefined;
    const block = this.#block;
    const shared = this.#varint();
    const own = this.#varint();
    const size = this.#varint();
    const start = this.#at;
    const key = new Uint8Array(shared + own);
    for (let i = 0; i < shared; i++) key[i] = this.#last[i] as number;
    for (let i = 0; i < own; i++) key[shared + i] = block[start + i] as number;
    this.#last = key;
    this.#at = start + own + Math.max(0, size - 1);
    return { key, value: size === 0 ? null : block.subarray(start + own, this.#at) };
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
    return this.#restarts === 0 ? 0 : wordAt(this.#block, this.#end + 4 * Math.max(0, low - 1));
  }

  #compareRestart(restart: number, key: Uint8Array): number {
    const block = this.#block;
    this.#at = wordAt(block, this.#end + 4 * restart);
    this.#varint();
    const size = this.#varint();
    this.#varint();
    const start = this.#at;
    const most = Math.min(size, key.length);
    for (let i = 0; i < most; i++) {
      const difference = (block[start + i] as number) - (key[i] as number);
      if (difference !== 0) return difference;
    }
    return size - key.length;
  }

  #varint(): number {
    const first = this.#block[this.#at++] as number;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw invalidBytes("a block that ends within a number", this.#at);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return shared;
}
