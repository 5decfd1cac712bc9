/**
 * Batches in columns: what goes between threads, where both sides run the same program. A column is one array of numbers, or
 * each of its strings once; records of one form become a column for each field. What does not fit is written by the value
 * codec, so a batch takes whatever that takes.
 *
 * It checks each record's prototype and keys and reads each field once. That a field is an accessor, or not enumerable, is
 * found in the first record of a batch alone: the value codec, which state is written with, looks at every one. Bytes from
 * elsewhere than the same program's other threads are not safe to read: a few of them can stand for many records.
 *
 * @module
 */
import { ByteReader } from "../../bytes/reader.ts";
import { borrowWriter, returnWriter } from "../../bytes/scratch.ts";
import { invalidBytes } from "../../bytes/invalid.ts";
import { encodeValue } from "../value-codec.ts";
import type { ValueCodecs } from "../value-codecs.ts";
import { ColumnReader } from "./column-reader.ts";
import { ColumnWriter } from "./column-writer.ts";
import { BATCH_RECORDS_MAX, BATCH_VERSION } from "./kinds.ts";

/** Records and their times, in parallel arrays of one length. */
export interface RecordColumns {
  /** The records. */
  readonly values: readonly unknown[];
  /** Their times in milliseconds since the epoch, each at the place of its record. */
  readonly timestamps: readonly number[];
}

/**
 * The bytes of a batch, in an array of their own.
 *
 * @param codecs The classes whose instances may occur. Default: none.
 * @throws {SerializationError} VALUE_UNSUPPORTED, with the path to what cannot be encoded.
 * @throws {RangeError} if there are more than 65,536 records, or not as many times.
 */
export function encodeBatch({ values, timestamps }: RecordColumns, codecs?: ValueCodecs): Uint8Array {
  const count = values.length;
  if (count > BATCH_RECORDS_MAX || timestamps.length !== count) {
    throw new RangeError(
      `Cannot encode a batch of ${count} records and ${timestamps.length} times: there may be ${BATCH_RECORDS_MAX}`,
    );
  }
  if (count > 0) encodeValue(values[0], codecs);
  const writer = borrowWriter();
  writer.u8(BATCH_VERSION);
  writer.varint(count);
  if (count > 0) {
    const columns = new ColumnWriter(writer, codecs);
    columns.write(timestamps, 0);
    columns.write(values, 0);
  }
  const bytes = writer.finish();
  returnWriter(writer);
  return bytes;
}

/**
 * The batch whose bytes these are.
 *
 * @param codecs The classes whose instances may occur. Default: none.
 * @throws {SerializationError} BYTES_INVALID if they are not the bytes of a batch; FORMAT_UNKNOWN for an instance of a
 * class that has no codec here.
 */
export function decodeBatch(bytes: Uint8Array, codecs?: ValueCodecs): RecordColumns {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== BATCH_VERSION) throw invalidBytes(`a batch of version ${version}`, 0);
  const count = reader.varint();
  if (count > BATCH_RECORDS_MAX) throw invalidBytes(`a batch of ${count} records`, 1);
  const columns = new ColumnReader(reader, codecs);
  const timestamps = count === 0 ? [] : listOf(columns.read(count, 0));
  const values = count === 0 ? [] : listOf(columns.read(count, 0));
  reader.done();
  if (!areNumbers(timestamps)) throw invalidBytes("a time that is no number", 1);
  return { values, timestamps };
}

function areNumbers(values: readonly unknown[]): values is readonly number[] {
  return values.every((value) => typeof value === "number");
}

/** A column as an array. Several times as fast as `Array.from`, which asks a typed array for an iterator. */
function listOf(column: ArrayLike<unknown>): readonly unknown[] {
  if (Array.isArray(column)) return column;
  const list: unknown[] = [];
  for (let at = 0; at < column.length; at++) list.push(column[at]);
  return list;
}
