import type { ByteWriter } from "../../bytes/writer.ts";
import { bufferToBytes } from "../codec/buffers.ts";
import { cachedShapeOfKeys } from "../codec/shape-cache.ts";
import { writeValue } from "../value-codec.ts";
import type { ValueCodecs } from "../value-codecs.ts";
import { BufferKind, COLUMN_DEPTH_MAX, COLUMN_KEYS_MAX, ColumnKind } from "./kinds.ts";

type Plain = Readonly<Record<string, unknown>>;

/** Writes columns, each in the shortest form that it fits without looking back. */
export class ColumnWriter {
  readonly #writer: ByteWriter;
  readonly #codecs: ValueCodecs | undefined;

  constructor(writer: ByteWriter, codecs: ValueCodecs | undefined) {
    this.#writer = writer;
    this.#codecs = codecs;
  }

  /** Writes a column of at least one value. @throws {SerializationError} VALUE_UNSUPPORTED */
  write(column: readonly unknown[], depth: number): void {
    const first = column[0];
    const written =
      (typeof first === "number" && this.#numbers(column)) ||
      (typeof first === "string" && this.#strings(column)) ||
      (typeof first === "object" && first !== null && depth < COLUMN_DEPTH_MAX && this.#objects(column, first, depth));
    if (!written) this.#values(column);
  }

  #values(column: readonly unknown[]): void {
    this.#writer.u8(ColumnKind.values);
    // A copy has no properties of its own, and no holes.
    writeValue(this.#writer, Array.from(column), this.#codecs);
  }

  #numbers(column: readonly unknown[]): boolean {
    const first = column[0] as number;
    const count = column.length;
    const integers = new Int32Array(count);
    let same = true;
    let at = 0;
    for (; at < count; at++) {
      const value = column[at];
      if (typeof value !== "number") return false;
      const integer = value | 0;
      if (integer !== value || (integer === 0 && 1 / value < 0)) break;
      integers[at] = integer;
      same &&= integer === first;
    }
    if (at < count) return this.#floats(column);
    if (same) return this.#constant(first);
    this.#writer.u8(ColumnKind.int32);
    this.#writer.raw(bufferToBytes(integers, BufferKind.int32));
    return true;
  }

  #floats(column: readonly unknown[]): boolean {
    const first = column[0];
    const count = column.length;
    const floats = new Float64Array(count);
    let same = true;
    for (let at = 0; at < count; at++) {
      const value = column[at];
      if (typeof value !== "number") return false;
      // One NaN, whatever bits this one has.
      floats[at] = value === value ? value : Number.NaN;
      same &&= Object.is(value, first);
    }
    if (same) return this.#constant(first);
    this.#writer.u8(ColumnKind.float64);
    this.#writer.raw(bufferToBytes(floats, BufferKind.float64));
    return true;
  }

  #constant(value: unknown): boolean {
    this.#writer.u8(ColumnKind.constant);
    writeValue(this.#writer, value, this.#codecs);
    return true;
  }

  #strings(column: readonly unknown[]): boolean {
    const count = column.length;
    const places = new Uint16Array(count);
    const numbers = new Map<string, number>();
    for (let at = 0; at < count; at++) {
      const value = column[at];
      if (typeof value !== "string") return false;
      let number = numbers.get(value);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(value, number);
      }
      places[at] = number;
    }
    if (numbers.size === 1) return this.#constant(column[0]);
    this.#writer.u8(ColumnKind.strings);
    writeValue(this.#writer, [...numbers.keys()]);
    this.#writer.raw(bufferToBytes(places, BufferKind.uint16));
    return true;
  }

  #objects(column: readonly unknown[], first: object, depth: number): boolean {
    const keys = Object.keys(first);
    if (keys.length === 0 || keys.length > COLUMN_KEYS_MAX) return false;
    const fields = fieldsOf(column, keys);
    if (fields === undefined) return false;
    this.#writer.u8(ColumnKind.objects);
    this.#writer.bytes(cachedShapeOfKeys(keys, false).header);
    for (const field of fields) this.write(field, depth + 1);
    return true;
  }
}

/**
 * The columns of plain objects that all have these keys in this order, and no symbols for keys; `undefined` of any others.
 * Fields are read while the keys are gone through: the runtime knows there where each of them lies.
 */
function fieldsOf(column: readonly unknown[], keys: readonly string[]): readonly (readonly unknown[])[] | undefined {
  const fields = keys.map(() => new Array<unknown>(column.length).fill(undefined));
  for (let at = 0; at < column.length; at++) {
    const value = column[at];
    if (typeof value !== "object" || value === null) return undefined;
    if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
    let count = 0;
    for (const key in value) {
      if (keys[count] !== key) return undefined;
      (fields[count++] as unknown[])[at] = (value as Plain)[key];
    }
    if (count !== keys.length || Object.getOwnPropertySymbols(value).length > 0) return undefined;
  }
  return fields;
}
