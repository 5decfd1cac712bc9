import { invalidBytes } from "../../bytes/invalid.ts";
import type { ByteReader } from "../../bytes/reader.ts";
import { bufferFromBytes } from "../codec/buffers.ts";
import { cachedShapeOfHeader } from "../codec/shape-cache.ts";
import type { Shape } from "../codec/shapes.ts";
import { readValue } from "../value-codec.ts";
import type { ValueCodecs } from "../value-codecs.ts";
import { BufferKind, COLUMN_DEPTH_MAX, COLUMN_KEYS_MAX, ColumnKind } from "./kinds.ts";

const OWN_PROPERTY = { writable: true, enumerable: true, configurable: true };

/**
 * Objects of up to so many keys are made by one assignment for each key: a place in the program that sees one key is several
 * times as fast as one that sees them all (10 M and 45 M records of three fields a second).
 */
const UNROLLED_KEYS = 8;

/** Reads columns: the mirror of `ColumnWriter`. */
export class ColumnReader {
  readonly #reader: ByteReader;
  readonly #codecs: ValueCodecs | undefined;

  constructor(reader: ByteReader, codecs: ValueCodecs | undefined) {
    this.#reader = reader;
    this.#codecs = codecs;
  }

  /** Reads a column of `count` values. @throws {SerializationError} BYTES_INVALID */
  read(count: number, depth: number): ArrayLike<unknown> {
    const at = this.#reader.position;
    const kind = this.#reader.u8();
    switch (kind) {
      case ColumnKind.values:
        return this.#values(count, at);
      case ColumnKind.int32:
        return bufferFromBytes(this.#reader.raw(4 * count), BufferKind.int32) as Int32Array;
      case ColumnKind.float64:
        return bufferFromBytes(this.#reader.raw(8 * count), BufferKind.float64) as Float64Array;
      case ColumnKind.strings:
        return this.#strings(count, at);
      case ColumnKind.objects:
        return this.#objects(count, depth, at);
      case ColumnKind.constant:
        return this.#constant(count);
      default:
        throw invalidBytes(`the kind ${kind}, which no column has`, at);
    }
  }

  #values(count: number, at: number): readonly unknown[] {
    const values = readValue(this.#reader, this.#codecs);
    if (Array.isArray(values) && values.length === count) return values;
    throw invalidBytes(`a column that is no array of ${count}`, at);
  }

  #constant(count: number): readonly unknown[] {
    const start = this.#reader.position;
    const value = readValue(this.#reader, this.#codecs);
    if (typeof value === "string" || typeof value === "number") return new Array<unknown>(count).fill(value);
    throw invalidBytes("a constant that is neither a string nor a number", start);
  }

  #strings(count: number, at: number): readonly unknown[] {
    const strings = readValue(this.#reader);
    const places = bufferFromBytes(this.#reader.raw(2 * count), BufferKind.uint16) as Uint16Array;
    if (!Array.isArray(strings) || !strings.every((each) => typeof each === "string")) {
      throw invalidBytes("a column of strings without its strings", at);
    }
    const column: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const place = places[i] as number;
      if (place >= strings.length) throw invalidBytes(`string ${place} of ${strings.length}`, at);
      column.push(strings[place]);
    }
    return column;
  }

  #objects(count: number, depth: number, at: number): readonly unknown[] {
    if (depth >= COLUMN_DEPTH_MAX) throw invalidBytes("columns within too many columns", at);
    const shape = cachedShapeOfHeader(this.#reader.bytes(), false);
    if (shape === undefined || shape.keys.length === 0 || shape.keys.length > COLUMN_KEYS_MAX) {
      throw invalidBytes("keys that no column of objects has", at);
    }
    const columns = shape.keys.map(() => this.read(count, depth + 1));
    return shape.careful ? carefulRows(count, shape, columns) : rows(count, shape, columns);
  }
}

function rows(count: number, { keys }: Shape, columns: readonly ArrayLike<unknown>[]): readonly unknown[] {
  const all: unknown[] = [];
  const fields = keys.length;
  if (fields > UNROLLED_KEYS) {
    for (let row = 0; row < count; row++) all.push(manyFields(keys, columns, row));
    return all;
  }
  const [a, b, c, d, e, f, g, h] = keys as readonly [string, ...string[]];
  const [as, bs, cs, ds, es, fs, gs, hs] = columns as readonly [ArrayLike<unknown>, ...ArrayLike<unknown>[]];
  for (let row = 0; row < count; row++) {
    const object: Record<string, unknown> = {};
    object[a] = as[row];
    if (fields > 1) object[b as string] = bs?.[row];
    if (fields > 2) object[c as string] = cs?.[row];
    if (fields > 3) object[d as string] = ds?.[row];
    if (fields > 4) object[e as string] = es?.[row];
    if (fields > 5) object[f as string] = fs?.[row];
    if (fields > 6) object[g as string] = gs?.[row];
    if (fields > 7) object[h as string] = hs?.[row];
    all.push(object);
  }
  return all;
}

function manyFields(keys: readonly string[], columns: readonly ArrayLike<unknown>[], row: number): unknown {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < keys.length; i++) object[keys[i] as string] = (columns[i] as ArrayLike<unknown>)[row];
  return object;
}

/** Where a key is one of `Object.prototype` too, an assignment might do something else. */
function carefulRows(count: number, { keys }: Shape, columns: readonly ArrayLike<unknown>[]): readonly unknown[] {
  return Array.from({ length: count }, (_, row) => {
    const object = {};
    for (const [i, key] of keys.entries()) {
      Object.defineProperty(object, key, { ...OWN_PROPERTY, value: columns[i]?.[row] });
    }
    return object;
  });
}
