import { writeWtf8, wtf8Length } from "./wtf8.ts";

/** A buffer above this size is given back by {@link ByteWriter.reset}, so that one huge value is not held for ever. */
const RETAINED_BYTES_MAX = 1 << 20;

/**
 * Writes numbers, byte strings and strings into a buffer that grows. Numbers are big-endian. {@link ByteReader} reads
 * back what it wrote. A number outside of its range throws a `RangeError`: nothing is cut off silently.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  readonly #capacityBytes: number;

  /**
   * Begins with nothing written.
   *
   * @param capacityBytes Room at the start, in bytes. Default: 256.
   */
  constructor(capacityBytes: number = 256) {
    this.#capacityBytes = Math.max(16, capacityBytes);
    this.#bytes = new Uint8Array(this.#capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** One byte, 0 to 255. */
  u8(value: number): void {
    if ((value & 0xff) !== value) throw outOfRange("u8", value);
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Two bytes, 0 to 65535. */
  u16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange("u16", value);
    this.#reserve(2);
    this.#view.setUint16(this.#length, value);
    this.#length += 2;
  }

  /** Four bytes, 0 to 2^32 - 1. */
  u32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange("u32", value);
    this.#reserve(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** Eight bytes, 0 to 2^53 - 1: the safe integers. */
  u64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange("u64", value);
    this.#reserve(8);
    this.#view.setUint32(this.#length, value / 0x1_0000_0000);
    this.#view.setUint32(this.#length + 4, value >>> 0);
    this.#length += 8;
  }

  /** Eight bytes, IEEE 754 binary64. Every NaN is written as 7ff8000000000000. */
  f64(value: number): void {
    this.#reserve(8);
    if (value === value) this.#view.setFloat64(this.#length, value);
    else this.#view.setBigUint64(this.#length, CANONICAL_NAN);
    this.#length += 8;
  }

  /** One to eight bytes, unsigned LEB128, always the shortest form; 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(8);
    if (value < 0x80 && value >= 0 && (value & 0x7f) === value) {
      this.#bytes[this.#length++] = value;
      return;
    }
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange("varint", value);
    let rest = value;
    for (; rest >= 0x1000_0000; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** The bytes themselves, without their length. */
  raw(bytes: Uint8Array): void {
    const size = bytes.length;
    this.#reserve(size);
    if (size > 32) this.#bytes.set(bytes, this.#length);
    else for (let i = 0; i < size; i++) this.#bytes[this.#length + i] = bytes[i] as number;
    this.#length += size;
  }

  /** The length as a varint, then the bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** The length in bytes as a varint, then the string in WTF-8: lone surrogates are kept. */
  string(text: string): void {
    if (this.shortAscii(0, 0x80, text)) return;
    this.varint(wtf8Length(text));
    this.text(text);
  }

  /** The string in WTF-8, without its length. */
  text(text: string): void {
    const units = text.length;
    this.#reserve(units < 64 ? units * 3 : wtf8Length(text));
    this.#length = writeWtf8(text, this.#bytes, this.#length);
  }

  /**
   * If `text` is ASCII and shorter than `limit`: one byte `base + length`, then its characters. Otherwise nothing.
   *
   * @returns Whether it was written.
   */
  shortAscii(base: number, limit: number, text: string): boolean {
    const units = text.length;
    if (units >= limit) return false;
    this.#reserve(units + 1);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = base + units;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  /** A copy of what was written. The writer goes on behind it. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written, without a copy: good until the next write or reset. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes back everything behind the first `length` bytes. */
  truncate(length: number): void {
    if (!(length >= 0 && length <= this.#length)) {
      throw new RangeError(`Cannot truncate ${this.#length} to ${length} bytes`);
    }
    this.#length = length;
  }

  /** Starts again with nothing. The buffer is kept unless it is larger than 1 MiB. */
  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > Math.max(RETAINED_BYTES_MAX, this.#capacityBytes)) this.#resize(this.#capacityBytes);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, this.#bytes.length * 2));
  }

  #resize(capacityBytes: number): void {
    const grown = new Uint8Array(capacityBytes);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const CANONICAL_NAN = 0x7ff8_0000_0000_0000n;

function outOfRange(kind: string, value: number): RangeError {
  return new RangeError(`Cannot write ${value} as ${kind}`);
}
