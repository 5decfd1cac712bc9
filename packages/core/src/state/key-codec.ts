/**
 * The key codec: canonical (equal keys, equal bytes), injective (other keys, other bytes), free of prefixes (no key's
 * bytes begin another's), and order-preserving: bytes compared as unsigned numbers compare keys in this total order:
 *
 * 1. by type: null, false, true, number, bigint, Date, string, bytes, tuple;
 * 2. within a type: numbers, bigints and dates by value (-0 is 0); strings by code point, a lone surrogate being the
 *    code point of its number; bytes as unsigned numbers; tuples element by element. A prefix comes first.
 *
 * A number and a bigint are different keys even if they are mathematically equal. `docs/format.md` has every byte.
 *
 * @module
 */

import { invalidBytes } from "../bytes/invalid.ts";
import { magnitudeFromBytes, magnitudeToBytes } from "../bytes/magnitude.ts";
import { ByteReader } from "../bytes/reader.ts";
import { borrowWriter, returnWriter } from "../bytes/scratch.ts";
import type { ByteWriter } from "../bytes/writer.ts";
import { resultOf } from "./codec/brand.ts";
import { KEY_DEPTH_MAX, keyRefusal } from "./key-refusal.ts";
import {
  KeyTag,
  readEscaped,
  readEscapedText,
  readOrdered,
  writeEscaped,
  writeEscapedText,
  writeOrdered,
} from "./key-primitives.ts";

/**
 * What a key can be: a string, a finite number, a bigint, a boolean, null, a valid Date, bytes, or a tuple of these,
 * nested at most 32 deep. A subclass of `Uint8Array` is read as its bytes and comes back as a `Uint8Array`.
 */
export type Key = string | number | bigint | boolean | null | Date | Uint8Array | readonly Key[];

/** The dates of ECMAScript lie within this many milliseconds of the epoch. */
const DATE_MS_MAX = 8.64e15;

/** Magnitudes of a bigint below this length have it in the header byte. */
const LONG_BYTES_MIN = 0x7f;

/**
 * The bytes of a key, in an array of their own.
 *
 * @throws {SerializationError} KEY_UNSUPPORTED, naming the field that cannot be part of a key.
 */
export function encodeKey(key: Key): Uint8Array {
  const writer = borrowWriter();
  writeKey(writer, key);
  const bytes = writer.finish();
  returnWriter(writer);
  return bytes;
}

/**
 * Appends the bytes of a key; nothing at all if it throws.
 *
 * @throws {SerializationError} KEY_UNSUPPORTED, naming the field that cannot be part of a key.
 */
export function writeKey(writer: ByteWriter, key: Key): void {
  const start = writer.length;
  if (tryWrite(writer, key, 0)) return;
  writer.truncate(start);
  throw keyRefusal(key);
}

/**
 * The key whose bytes these are.
 *
 * @throws {SerializationError} BYTES_INVALID if they are not exactly the bytes of one key.
 */
export function decodeKey(bytes: Uint8Array): Key {
  const reader = new ByteReader(bytes);
  const key = readKey(reader);
  reader.done();
  return key;
}

/**
 * Reads one key and stops behind it.
 *
 * @throws {SerializationError} BYTES_INVALID if no key, or no canonical one, begins here.
 */
export function readKey(reader: ByteReader): Key {
  return read(reader, 0);
}

/** Returns `false`, with part of the key written, for what has no bytes. */
function tryWrite(writer: ByteWriter, key: Key, depth: number): boolean {
  switch (typeof key) {
    case "string":
      writer.u8(KeyTag.string);
      writeEscapedText(writer, key);
      return true;
    case "number":
      if (!Number.isFinite(key)) return false;
      writer.u8(KeyTag.number);
      writeOrdered(writer, key);
      return true;
    case "bigint":
      writer.u8(KeyTag.bigint);
      writeBigint(writer, key);
      return true;
    case "boolean":
      writer.u8(key ? KeyTag.true : KeyTag.false);
      return true;
    case "object":
      return tryWriteObject(writer, key, depth);
    default:
      return false;
  }
}

function tryWriteObject(writer: ByteWriter, key: Date | Uint8Array | readonly Key[] | null, depth: number): boolean {
  if (key === null) {
    writer.u8(KeyTag.null);
    return true;
  }
  if (Array.isArray(key)) return tryWriteTuple(writer, key as readonly Key[], depth);
  if (ArrayBuffer.isView(key)) {
    if (!(key instanceof Uint8Array)) return false;
    writer.u8(KeyTag.bytes);
    writeEscaped(writer, key);
    return true;
  }
  const time = resultOf(Date.prototype.getTime, key);
  if (time === undefined || !Number.isFinite(time)) return false;
  writer.u8(KeyTag.date);
  writeOrdered(writer, time);
  return true;
}

function tryWriteTuple(writer: ByteWriter, tuple: readonly Key[], depth: number): boolean {
  if (depth === KEY_DEPTH_MAX) return false;
  writer.u8(KeyTag.tuple);
  for (let i = 0; i < tuple.length; i++) if (!tryWrite(writer, tuple[i] as Key, depth + 1)) return false;
  writer.u8(KeyTag.end);
  return true;
}

function read(reader: ByteReader, depth: number): Key {
  const at = reader.position;
  const tag = reader.u8();
  switch (tag) {
    case KeyTag.null:
      return null;
    case KeyTag.false:
      return false;
    case KeyTag.true:
      return true;
    case KeyTag.number:
      return readOrdered(reader);
    case KeyTag.bigint:
      return readBigint(reader);
    case KeyTag.date:
      return readDate(reader);
    case KeyTag.string:
      return readEscapedText(reader);
    case KeyTag.bytes:
      return readEscaped(reader);
    case KeyTag.tuple:
      return readTuple(reader, depth);
    default:
      throw invalidBytes(`the tag ${tag}, which no key has`, at);
  }
}

function readTuple(reader: ByteReader, depth: number): readonly Key[] {
  if (depth === KEY_DEPTH_MAX) throw invalidBytes(`tuples nested more than ${KEY_DEPTH_MAX} deep`, reader.position);
  const tuple: Key[] = [];
  while (reader.peek() !== KeyTag.end) tuple.push(read(reader, depth + 1));
  reader.u8();
  return tuple;
}

function readDate(reader: ByteReader): Date {
  const at = reader.position;
  const time = readOrdered(reader);
  if (!Number.isInteger(time) || Math.abs(time) > DATE_MS_MAX) throw invalidBytes(`a date of ${time} ms`, at);
  return new Date(time);
}

/**
 * A header byte that sorts by sign and length, then the magnitude; all of it inverted for negative numbers. The header
 * is 0x80 + length, or 0xff and the length as u32.
 */
function writeBigint(writer: ByteWriter, value: bigint): void {
  const flip = value < 0n ? 0xff : 0;
  const magnitude = magnitudeToBytes(value < 0n ? -value : value);
  const size = magnitude.length;
  if (size < LONG_BYTES_MIN) {
    writer.u8((0x80 + size) ^ flip);
  } else {
    writer.u8(0xff ^ flip);
    writer.u32(flip === 0 ? size : ~size >>> 0);
  }
  if (flip !== 0) for (let i = 0; i < size; i++) magnitude[i] = (magnitude[i] as number) ^ 0xff;
  writer.raw(magnitude);
}

function readBigint(reader: ByteReader): bigint {
  const at = reader.position;
  const header = reader.u8();
  const negative = header < 0x80;
  let size = (negative ? header ^ 0xff : header) - 0x80;
  if (size === LONG_BYTES_MIN) {
    const long = reader.u32();
    size = negative ? ~long >>> 0 : long;
    if (size < LONG_BYTES_MIN) throw invalidBytes(`the long form of a bigint for ${size} bytes`, at);
  }
  if (negative && size === 0) throw invalidBytes("a negative zero bigint", at);
  const written = reader.raw(size);
  if (!negative) return magnitudeFromBytes(written, at);
  return -magnitudeFromBytes(
    written.map((byte) => byte ^ 0xff),
    at,
  );
}
