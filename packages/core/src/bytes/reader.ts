import { invalidBytes } from "./invalid.ts";
import { readWtf8 } from "./wtf8.ts";

/** A DataView of each reader's own would cost more than most values that are read with it. */
const scratch = new DataView(new ArrayBuffer(8));

/**
 * Reads back what {@link ByteWriter} wrote. Each method throws a {@link SerializationError} with the code BYTES_INVALID
 * and the position if the bytes are too few or not what the writer would have written. No length found in the bytes is
 * believed before that many bytes are known to be there.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  /**
   * Reads a range of bytes. They are not copied, and must not change while they are read.
   *
   * @param offset Where to begin. Default: 0.
   * @param end Where to stop, exclusive. Default: the end of `bytes`.
   * @throws {RangeError} if `offset` and `end` do not lie within `bytes`.
   */
  constructor(bytes: Uint8Array, offset: number = 0, end: number = bytes.length) {
    if (!(offset >= 0 && offset <= end && end <= bytes.length)) {
      throw new RangeError(`Cannot read bytes ${offset} to ${end} of ${bytes.length}`);
    }
    // A subclass may mean other things by slice(): Node's Buffer does.
    const plain = Object.getPrototypeOf(bytes) === Uint8Array.prototype;
    this.#bytes = plain ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = offset;
    this.#end = end;
  }

  /** Where the next byte will be read, counted from the start of the array. */
  get position(): number {
    return this.#position;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  /** One byte. */
  u8(): number {
    if (this.#position >= this.#end) throw this.#short(1);
    return this.#bytes[this.#position++] as number;
  }

  /** The next byte, without moving on. */
  peek(): number {
    if (this.#position >= this.#end) throw this.#short(1);
    return this.#bytes[this.#position] as number;
  }

  /** Two bytes, big-endian. */
  u16(): number {
    const at = this.#advance(2);
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  /** Four bytes, big-endian. */
  u32(): number {
    return this.#word(this.#advance(4));
  }

  /** Eight bytes, big-endian, at most 2^53 - 1. */
  u64(): number {
    const at = this.#advance(8);
    const high = this.#word(at);
    if (high >= 0x20_0000) throw invalidBytes("an integer above 2^53 - 1", at);
    return high * 0x1_0000_0000 + this.#word(at + 4);
  }

  /** Eight bytes, IEEE 754 binary64, big-endian. */
  f64(): number {
    const at = this.#advance(8);
    scratch.setUint32(0, this.#word(at));
    scratch.setUint32(4, this.#word(at + 4));
    return scratch.getFloat64(0);
  }

  /** Unsigned LEB128 in its shortest form, at most 2^53 - 1. */
  varint(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    const start = this.#position - 1;
    let value = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw invalidBytes("a varint above 2^53 - 1", start);
      if (byte >= 0x80 && this.#position - start < 8) continue;
      if (byte === 0 || byte >= 0x80) throw invalidBytes("a varint that is longer than it must be", start);
      return value;
    }
  }

  /** The next `size` bytes, as a view of the array that is being read: copy it to keep it. */
  raw(size: number): Uint8Array {
    const at = this.#advance(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** A varint length, then that many bytes, as a view of the array that is being read. */
  bytes(): Uint8Array {
    return this.raw(this.varint());
  }

  /** A varint length in bytes, then a string in WTF-8. */
  string(): string {
    return this.text(this.varint());
  }

  /** A string in WTF-8 of `size` bytes. */
  text(size: number): string {
    const at = this.#advance(size);
    return readWtf8(this.#bytes, at, at + size);
  }

  /** How many bytes come before the next `byte`, without moving on; -1 if one of them is `unless`. */
  distanceTo(byte: number, unless?: number): number {
    let at = this.#position;
    for (; at < this.#end && this.#bytes[at] !== byte; at++) if (this.#bytes[at] === unless) return -1;
    if (at === this.#end) throw invalidBytes(`no byte ${byte} before the end`, at);
    return at - this.#position;
  }

  /** Says that nothing may be left. @throws {SerializationError} BYTES_INVALID if something is. */
  done(): void {
    if (this.#position !== this.#end) throw invalidBytes(`${this.remaining} bytes too many`, this.#position);
  }

  #word(at: number): number {
    const bytes = this.#bytes;
    const top = (bytes[at] as number) << 24;
    return (
      (top | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
    );
  }

  #advance(size: number): number {
    const at = this.#position;
    if (size > this.#end - at) throw this.#short(size);
    this.#position = at + size;
    return at;
  }

  #short(needed: number): Error {
    return invalidBytes(`${this.remaining} bytes where ${needed} are needed`, this.#position);
  }
}
