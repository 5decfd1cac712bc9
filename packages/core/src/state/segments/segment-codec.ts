import { ByteReader } from "../../bytes/reader.ts";
import { openSealed, sealBytes } from "../../bytes/sealed.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import type { KeyRange } from "../backend.ts";
import type { Change } from "./delta.ts";

const MAGIC = "TMSG";
const VERSION = 0;
const PUT = 1;
const DELETE = 2;

/** Writes one segment. Its range deletes come first, its entries in the order of keys. */
export class SegmentWriter {
  readonly #body = new ByteWriter(4096);
  #entries = 0;

  constructor(ranges: readonly KeyRange[]) {
    this.#body.varint(ranges.length);
    for (const range of ranges) {
      this.#body.bytes(range.from);
      this.#body.bytes(range.to);
    }
  }

  /** Bytes so far, without the envelope. */
  get sizeBytes(): number {
    return this.#body.length;
  }

  /** Entries so far. */
  get entries(): number {
    return this.#entries;
  }

  add(key: Uint8Array, value: Change): void {
    this.#entries++;
    this.#body.u8(value === null ? DELETE : PUT);
    this.#body.bytes(key);
    if (value !== null) this.#body.bytes(value);
  }

  finish(): Uint8Array {
    return sealBytes(MAGIC, VERSION, this.#body.view());
  }
}

/** The checksum at the end of a sealed segment: what tells two segments of one size apart. */
export function checksumOf(segment: Uint8Array): number {
  return new DataView(segment.buffer, segment.byteOffset, segment.byteLength).getUint32(segment.length - 4);
}

/** Reads one segment. Its envelope is checked before anything in it is believed. */
export class SegmentReader {
  readonly ranges: readonly KeyRange[];
  readonly #reader: ByteReader;

  /** @throws {SerializationError} if the bytes are no segment, or are damaged. */
  constructor(segment: Uint8Array) {
    this.#reader = new ByteReader(openSealed(MAGIC, VERSION, segment).body);
    const ranges: KeyRange[] = [];
    for (let left = this.#reader.varint(); left > 0; left--) {
      ranges.push({ from: this.#reader.bytes(), to: this.#reader.bytes() });
    }
    this.ranges = ranges;
  }

  /** The next entry; `undefined` after the last. Its arrays are views of the segment. */
  next(): { readonly key: Uint8Array; readonly value: Change } | undefined {
    if (this.#reader.remaining === 0) return undefined;
    const kind = this.#reader.u8();
    const key = this.#reader.bytes();
    return { key, value: kind === PUT ? this.#reader.bytes() : null };
  }
}
