/**
 * The pieces of the key codec that keep order: tags, numbers whose bits sort, byte strings that end themselves.
 *
 * @module
 */

import { invalidBytes } from "../bytes/invalid.ts";
import type { ByteReader } from "../bytes/reader.ts";
import { readWtf8, wtf8Length, writeWtf8 } from "../bytes/wtf8.ts";
import type { ByteWriter } from "../bytes/writer.ts";

/** The first byte of a key, in the order of types; gaps are room for more. `end` closes a tuple and sorts before all. */
export const KeyTag = {
  end: 0x00,
  null: 0x10,
  false: 0x20,
  true: 0x21,
  number: 0x30,
  bigint: 0x38,
  date: 0x40,
  string: 0x50,
  bytes: 0x58,
  tuple: 0x60,
} as const;

/** The byte that ends a byte string. Inside, 00 is written as 01 01, and 01 as 01 02: order and length stay clear. */
const TERMINATOR = 0x00;
const ESCAPE = 0x01;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * The two halves of a number's sortable form: binary64 with the sign bit inverted, or all bits for a negative number.
 * This is the upper one; {@link orderedLow} goes with it and must be called at once. -0 is taken as 0.
 */
export function orderedHigh(value: number): number {
  scratch.setFloat64(0, value + 0);
  const high = scratch.getInt32(0);
  return (high < 0 ? ~high : high ^ 0x8000_0000) >>> 0;
}

/** The lower half of the number that {@link orderedHigh} was last called with. */
export function orderedLow(): number {
  const low = scratch.getInt32(4);
  return (scratch.getInt32(0) < 0 ? ~low : low) >>> 0;
}

/** Writes a finite number in eight bytes that sort by value. */
export function writeOrdered(writer: ByteWriter, value: number): void {
  writer.u32(orderedHigh(value));
  writer.u32(orderedLow());
}

/** Reads back {@link writeOrdered}. */
export function readOrdered(reader: ByteReader): number {
  const at = reader.position;
  const high = reader.u32();
  const low = reader.u32();
  const positive = high >= 0x8000_0000;
  scratch.setUint32(0, (positive ? high ^ 0x8000_0000 : ~high) >>> 0);
  scratch.setUint32(4, (positive ? low : ~low) >>> 0);
  const value = scratch.getFloat64(0);
  if (!Number.isFinite(value) || Object.is(value, -0)) throw invalidBytes(`the number ${shownNumber(value)}`, at);
  return value;
}

/** Writes a byte string that ends itself. */
export function writeEscaped(writer: ByteWriter, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte <= ESCAPE) {
      writer.u8(ESCAPE);
      writer.u8(byte + 1);
    } else {
      writer.u8(byte);
    }
  }
  writer.u8(TERMINATOR);
}

/** Reads back {@link writeEscaped}, into an array of its own. */
export function readEscaped(reader: ByteReader): Uint8Array {
  const at = reader.position;
  const written = reader.raw(reader.distanceTo(TERMINATOR));
  reader.u8();
  const bytes = new Uint8Array(written.length);
  let size = 0;
  for (let i = 0; i < written.length; i++) {
    let byte = written[i] as number;
    if (byte === ESCAPE) {
      const escaped = written[++i];
      if (escaped !== 1 && escaped !== 2) throw invalidBytes("an escape that means nothing", at + i);
      byte = escaped - 1;
    }
    bytes[size++] = byte;
  }
  return size === bytes.length ? bytes : bytes.slice(0, size);
}

/** Writes a string in WTF-8 that ends itself. */
export function writeEscapedText(writer: ByteWriter, text: string): void {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > ESCAPE) continue;
    const bytes = new Uint8Array(wtf8Length(text));
    writeWtf8(text, bytes, 0);
    writeEscaped(writer, bytes);
    return;
  }
  writer.text(text);
  writer.u8(TERMINATOR);
}

/** Reads back {@link writeEscapedText}. */
export function readEscapedText(reader: ByteReader): string {
  const plain = reader.distanceTo(TERMINATOR, ESCAPE);
  if (plain >= 0) {
    const text = reader.text(plain);
    reader.u8();
    return text;
  }
  const bytes = readEscaped(reader);
  return readWtf8(bytes, 0, bytes.length);
}

/** Where a string ends that begins at `at` in the bytes of keys; -1 if none does. */
export function textEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === KeyTag.string ? bytes.indexOf(TERMINATOR, at + 1) + 1 || -1 : -1;
}

function shownNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
