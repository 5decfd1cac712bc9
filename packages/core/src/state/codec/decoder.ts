import { invalidBytes } from "../../bytes/invalid.ts";
import { magnitudeFromBytes } from "../../bytes/magnitude.ts";
import type { ByteReader } from "../../bytes/reader.ts";
import { isTidemarkError, messageOf, SerializationError } from "../../errors.ts";
import type { ValueCodecs } from "../value-codecs.ts";
import { bufferFromBytes, elementBytesOf, missingKind } from "./buffers.ts";
import { cachedShapeOfHeader } from "./shape-cache.ts";
import type { Shape, Shapes } from "./shapes.ts";
import { VALUE_DEPTH_MAX, VALUE_HOLES_MAX, ValueTag } from "./tags.ts";

/** Reads one value: the mirror of `ValueEncoder`. */
export class ValueDecoder {
  readonly #reader: ByteReader;
  readonly #codecs: ValueCodecs | undefined;
  readonly #shapes: Shapes;
  #holes = 0;

  /** @param shapes An empty list. */
  constructor(reader: ByteReader, shapes: Shapes, codecs: ValueCodecs | undefined) {
    this.#reader = reader;
    this.#shapes = shapes;
    this.#codecs = codecs;
  }

  /** Reads a value that lies `depth` containers below the root. @throws {SerializationError} */
  read(depth: number): unknown {
    const reader = this.#reader;
    const tag = reader.u8();
    if (tag < ValueTag.shortString) return tag;
    if (tag < ValueTag.undefined) return reader.text(tag - ValueTag.shortString);
    switch (tag) {
      case ValueTag.undefined:
        return undefined;
      case ValueTag.null:
        return null;
      case ValueTag.false:
        return false;
      case ValueTag.true:
        return true;
      case ValueTag.integer:
        return this.#integer();
      case ValueTag.float:
        return reader.f64();
      case ValueTag.string:
        return reader.string();
      case ValueTag.bigint:
        return this.#bigint();
      case ValueTag.date:
        return this.#date();
      case ValueTag.bytes:
        return reader.bytes().slice();
      case ValueTag.buffer:
        return this.#buffer();
      default:
        return this.#container(tag, depth);
    }
  }

  #container(tag: number, depth: number): unknown {
    if (depth >= VALUE_DEPTH_MAX) {
      throw invalidBytes(`nesting of more than ${VALUE_DEPTH_MAX}`, this.#reader.position - 1);
    }
    if (tag >= ValueTag.shapeReference) return this.#known(tag - ValueTag.shapeReference, depth);
    switch (tag) {
      case ValueTag.array:
        return this.#array(depth);
      case ValueTag.sparseArray:
        return this.#sparseArray(depth);
      case ValueTag.map:
        return this.#map(depth);
      case ValueTag.set:
        return this.#set(depth);
      case ValueTag.object:
        return this.#defined(false, depth);
      case ValueTag.nullObject:
        return this.#defined(true, depth);
      case ValueTag.instance:
        return this.#instance(depth);
      default:
        throw invalidBytes(`the tag ${tag}, which no value has`, this.#reader.position - 1);
    }
  }

  #integer(): number {
    const at = this.#reader.position;
    const folded = this.#reader.varint();
    if (folded > 0xffff_ffff) throw invalidBytes("an integer of more than 32 bits", at);
    return (folded >>> 1) ^ -(folded & 1);
  }

  #bigint(): bigint {
    const at = this.#reader.position;
    const header = this.#reader.varint();
    const magnitude = magnitudeFromBytes(this.#reader.raw(Math.floor(header / 2)), at);
    if (header % 2 === 0) return magnitude;
    if (magnitude === 0n) throw invalidBytes("a negative zero bigint", at);
    return -magnitude;
  }

  #date(): Date {
    const at = this.#reader.position;
    const time = this.#reader.f64();
    const date = new Date(time);
    if (!Object.is(date.getTime(), time)) throw invalidBytes(`a date of ${time} ms`, at);
    return date;
  }

  #buffer(): unknown {
    const at = this.#reader.position;
    const kind = this.#reader.u8();
    const elementBytes = elementBytesOf(kind);
    if (elementBytes === undefined) throw invalidBytes(`the kind ${kind}, which no buffer has`, at);
    const bytes = this.#reader.bytes();
    if (bytes.length % elementBytes !== 0) throw invalidBytes("an element that is cut off", at);
    const missing = missingKind(kind);
    if (missing !== undefined) {
      throw new SerializationError("FORMAT_UNKNOWN", `Cannot decode this value: this runtime has no ${missing}`);
    }
    return bufferFromBytes(bytes, kind);
  }

  #array(depth: number): unknown[] {
    const count = this.#count(1);
    // Grows as its elements are read: a length alone gets no memory.
    const array: unknown[] = [];
    for (let i = 0; i < count; i++) array.push(this.read(depth + 1));
    return array;
  }

  #sparseArray(depth: number): unknown[] {
    const at = this.#reader.position;
    const length = this.#reader.varint();
    const array: unknown[] = [];
    let afterHole = false;
    let anyHole = false;
    while (array.length < length) {
      const hole = this.#reader.peek() === ValueTag.hole;
      if (!hole) array.push(this.read(depth + 1));
      else if (afterHole) throw invalidBytes("a hole after a hole", this.#reader.position);
      else array.length += this.#hole(length - array.length);
      anyHole ||= hole;
      afterHole = hole;
    }
    if (!anyHole) throw invalidBytes("an array without a hole, written as one with holes", at);
    return array;
  }

  #hole(most: number): number {
    const at = this.#reader.position;
    this.#reader.u8();
    const size = this.#reader.varint();
    this.#holes += size;
    if (size === 0 || size > most || this.#holes > VALUE_HOLES_MAX) {
      throw invalidBytes(`a hole of ${size} elements`, at);
    }
    return size;
  }

  #map(depth: number): Map<unknown, unknown> {
    const at = this.#reader.position;
    const count = this.#count(2);
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < count; i++) {
      const key = this.read(depth + 1);
      map.set(key, this.read(depth + 1));
    }
    if (map.size !== count) throw invalidBytes("a Map with a key twice", at);
    return map;
  }

  #set(depth: number): Set<unknown> {
    const at = this.#reader.position;
    const count = this.#count(1);
    const set = new Set<unknown>();
    for (let i = 0; i < count; i++) set.add(this.read(depth + 1));
    if (set.size !== count) throw invalidBytes("a Set with an item twice", at);
    return set;
  }

  #defined(nullPrototype: boolean, depth: number): object {
    const at = this.#reader.position;
    const shape = cachedShapeOfHeader(this.#reader.bytes(), nullPrototype);
    if (shape === undefined) throw invalidBytes("keys that no object has", at);
    this.#shapes.add(shape);
    return this.#build(shape, depth);
  }

  #known(index: number, depth: number): object {
    const shape = this.#shapes.at(index);
    if (shape === undefined) throw invalidBytes(`shape ${index}, which was not defined`, this.#reader.position - 1);
    return this.#build(shape, depth);
  }

  #build(shape: Shape, depth: number): object {
    const { keys } = shape;
    const object: Record<string, unknown> = shape.nullPrototype ? Object.create(null) : {};
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const value = this.read(depth + 1);
      if (shape.careful) Object.defineProperty(object, key, { ...OWN_PROPERTY, value });
      else object[key] = value;
    }
    return object;
  }

  #instance(depth: number): object {
    const at = this.#reader.position;
    const name = this.#reader.string();
    const codec = this.#codecs?.forName(name);
    if (codec === undefined) {
      const named = JSON.stringify(name);
      throw new SerializationError(
        "FORMAT_UNKNOWN",
        `Cannot decode this value: it needs a codec with the name ${named}`,
        {
          details: { codec: name },
        },
      );
    }
    const plain = this.read(depth + 1);
    try {
      return codec.decode(plain);
    } catch (cause) {
      if (isTidemarkError(cause)) throw cause;
      const message = `Cannot read these bytes: codec ${JSON.stringify(name)} failed at byte ${at}: ${messageOf(cause)}`;
      throw new SerializationError("BYTES_INVALID", message, { cause, details: { position: at, codec: name } });
    }
  }

  /** A number of things that take at least `least` bytes each: more than can follow is not believed. */
  #count(least: number): number {
    const at = this.#reader.position;
    const count = this.#reader.varint();
    if (count * least > this.#reader.remaining) {
      throw invalidBytes(`${count} elements in ${this.#reader.remaining} bytes`, at);
    }
    return count;
  }
}

const OWN_PROPERTY = { writable: true, enumerable: true, configurable: true };
