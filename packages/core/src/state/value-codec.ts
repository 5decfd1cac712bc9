/**
 * The value codec: what state and records look like in bytes. It gives back exactly what it was given, or refuses with
 * the path to what it cannot give back; it never changes a value silently.
 *
 * Kept: undefined (also as a field or an element), null, booleans, every number (-0, infinities, one NaN), strings with
 * lone surrogates, bigints, Dates (also invalid ones), ArrayBuffer and its views, Map and Set with their order, arrays
 * with their holes, plain and null-prototype objects with the order of their keys (`__proto__` is a key like others),
 * and instances of classes that have a {@link ValueCodec}.
 *
 * Not kept, since a value cannot show it cheaply or it is no data: that two places share one object (each gets a copy),
 * that an object is frozen, what else lies in the buffer of a view, and extra properties of a view. `toJSON` is not
 * called.
 *
 * Refused: functions, symbols, symbol keys, accessors, properties that are not enumerable, extra properties of arrays,
 * cycles, nesting beyond 1000, and instances of all other classes, subclasses and Node's Buffer included.
 *
 * @module
 */

import { ByteReader } from "../bytes/reader.ts";
import { borrowWriter, returnWriter } from "../bytes/scratch.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { ValueDecoder } from "./codec/decoder.ts";
import { REFUSED, ValueEncoder } from "./codec/encoder.ts";
import { borrowShapes, returnShapes, Shapes } from "./codec/shapes.ts";
import { ValueTrace } from "./codec/trace.ts";
import type { ValueCodecs } from "./value-codecs.ts";

/**
 * The bytes of a value, in an array of their own.
 *
 * @param codecs The classes whose instances may occur. Default: none.
 * @throws {SerializationError} VALUE_UNSUPPORTED, with the path to what cannot be encoded.
 */
export function encodeValue(value: unknown, codecs?: ValueCodecs): Uint8Array {
  const writer = borrowWriter();
  writeValue(writer, value, codecs);
  const bytes = writer.finish();
  returnWriter(writer);
  return bytes;
}

/**
 * Appends the bytes of a value; nothing at all if it throws. Keys that repeat within this one value are written once:
 * give it an array of records rather than one record after the other.
 *
 * @param codecs The classes whose instances may occur. Default: none.
 * @throws {SerializationError} VALUE_UNSUPPORTED, with the path to what cannot be encoded.
 */
export function writeValue(writer: ByteWriter, value: unknown, codecs?: ValueCodecs): void {
  const start = writer.length;
  const shapes = borrowShapes();
  try {
    new ValueEncoder(writer, shapes, codecs).write(value, 0);
    returnShapes(shapes);
  } catch (error) {
    writer.truncate(start);
    throw error === REFUSED ? explainRefusal(value, codecs) : error;
  }
}

/**
 * The value whose bytes these are. Bytes from anywhere are safe: no code runs but that of `codecs`, and memory stays
 * within a small multiple of their number.
 *
 * @param codecs The classes whose instances may occur. Default: none.
 * @throws {SerializationError} BYTES_INVALID if they are not exactly the bytes of one value; FORMAT_UNKNOWN for an
 * instance of a class that has no codec here.
 */
export function decodeValue(bytes: Uint8Array, codecs?: ValueCodecs): unknown {
  const reader = new ByteReader(bytes);
  const value = readValue(reader, codecs);
  reader.done();
  return value;
}

/**
 * Reads one value and stops behind it.
 *
 * @param codecs The classes whose instances may occur. Default: none.
 * @throws {SerializationError} As {@link decodeValue}.
 */
export function readValue(reader: ByteReader, codecs?: ValueCodecs): unknown {
  const shapes = borrowShapes();
  const value = new ValueDecoder(reader, shapes, codecs).read(0);
  returnShapes(shapes);
  return value;
}

/** Encodes once more, now with a record of the way down: the usual case pays nothing for it. */
function explainRefusal(value: unknown, codecs: ValueCodecs | undefined): Error {
  const trace = new ValueTrace();
  try {
    new ValueEncoder(new ByteWriter(), new Shapes(), codecs, trace).write(value, 0);
  } catch (error) {
    if (error !== REFUSED) return error as Error;
  }
  return trace.error();
}
