import { magnitudeToBytes } from "../../bytes/magnitude.ts";
import type { ByteWriter } from "../../bytes/writer.ts";
import type { ValueCodec, ValueCodecs } from "../value-codecs.ts";
import { resultOf } from "./brand.ts";
import { bufferKindOf, bufferToBytes } from "./buffers.ts";
import { cachedShapeOfKeys } from "./shape-cache.ts";
import type { Shapes } from "./shapes.ts";
import { SHORT_STRING_LIMIT, VALUE_DEPTH_MAX, VALUE_HOLES_MAX, ValueTag } from "./tags.ts";
import { describeValue, fieldLabel, type ValueTrace } from "./trace.ts";

/** Thrown, without a stack or a message, when something cannot be encoded. A second run with a trace finds out where. */
export const REFUSED: unique symbol = Symbol("refused");

/** Writes one value: shapes and holes are counted from its beginning to its end. */
export class ValueEncoder {
  readonly #writer: ByteWriter;
  readonly #codecs: ValueCodecs | undefined;
  readonly #trace: ValueTrace | undefined;
  readonly #shapes: Shapes;
  #holes = 0;

  /**
   * @param shapes An empty list.
   * @param trace Where to note the way down; without it a refusal does not say where.
   */
  constructor(writer: ByteWriter, shapes: Shapes, codecs: ValueCodecs | undefined, trace?: ValueTrace) {
    this.#writer = writer;
    this.#shapes = shapes;
    this.#codecs = codecs;
    this.#trace = trace;
  }

  /** Writes a value that lies `depth` containers below the root. @throws {REFUSED} */
  write(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#writer.u8(value ? ValueTag.true : ValueTag.false);
      case "undefined":
        return this.#writer.u8(ValueTag.undefined);
      case "bigint":
        return this.#bigint(value);
      case "object":
        return value === null ? this.#writer.u8(ValueTag.null) : this.#object(value, depth);
      default:
        return this.#refuse(describeValue(value));
    }
  }

  #string(text: string): void {
    if (this.#writer.shortAscii(ValueTag.shortString, SHORT_STRING_LIMIT, text)) return;
    this.#writer.u8(ValueTag.string);
    this.#writer.string(text);
  }

  #number(value: number): void {
    const writer = this.#writer;
    const integer = value | 0;
    if (integer !== value || (integer === 0 && 1 / value < 0)) {
      writer.u8(ValueTag.float);
      writer.f64(value);
    } else if (integer >= 0 && integer < ValueTag.shortString) {
      writer.u8(integer);
    } else {
      writer.u8(ValueTag.integer);
      writer.varint(((integer << 1) ^ (integer >> 31)) >>> 0);
    }
  }

  #bigint(value: bigint): void {
    const negative = value < 0n;
    const magnitude = magnitudeToBytes(negative ? -value : value);
    this.#writer.u8(ValueTag.bigint);
    this.#writer.varint(magnitude.length * 2 + (negative ? 1 : 0));
    this.#writer.raw(magnitude);
  }

  #object(value: object, depth: number): void {
    if (depth >= VALUE_DEPTH_MAX) return this.#tooDeep(value);
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#plain(value as Plain, false, depth);
    if (prototype === null) return this.#plain(value as Plain, true, depth);
    if (prototype === Array.prototype && Array.isArray(value)) return this.#array(value, depth);
    if (prototype === Date.prototype) return this.#date(value as Date);
    if (prototype === Map.prototype) return this.#map(value as Map<unknown, unknown>, depth);
    if (prototype === Set.prototype) return this.#set(value as Set<unknown>, depth);
    if (prototype === Uint8Array.prototype) return this.#bytes(value as Uint8Array);
    const codec = this.#codecs?.forPrototype(prototype);
    if (codec !== undefined) return this.#instance(value, codec, depth);
    this.#buffer(value, prototype);
  }

  #plain(value: Plain, nullPrototype: boolean, depth: number): void {
    const keys = Object.keys(value);
    this.#checkProperties(value, keys.length);
    const writer = this.#writer;
    const known = this.#shapes.indexOf(keys, nullPrototype);
    if (known >= 0) {
      writer.u8(ValueTag.shapeReference + known);
    } else {
      writer.u8(nullPrototype ? ValueTag.nullObject : ValueTag.object);
      const shape = cachedShapeOfKeys(keys, nullPrototype);
      writer.bytes(shape.header);
      this.#shapes.add(shape);
    }
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const property = Object.getOwnPropertyDescriptor(value, key);
      this.#trace?.enter(value, fieldLabel(key));
      if (property === undefined || property.get !== undefined || property.set !== undefined) {
        return this.#refuse("an accessor");
      }
      this.write(property.value, depth + 1);
      this.#trace?.leave();
    }
  }

  #array(array: readonly unknown[], depth: number): void {
    const length = array.length;
    const keys = Object.keys(array);
    this.#checkSymbols(array);
    if (keys.length !== length || hasHole(array)) return this.#sparseArray(array, keys, depth);
    this.#writer.u8(ValueTag.array);
    this.#writer.varint(length);
    for (let i = 0; i < length; i++) this.#element(array, i, depth);
  }

  #sparseArray(array: readonly unknown[], keys: readonly string[], depth: number): void {
    const length = array.length;
    for (const key of keys) {
      const index = Number(key);
      if (index < length && String(index) === key) continue;
      return this.#refuse(`an array with the property ${fieldLabel(key)}`);
    }
    this.#holes += length - keys.length;
    if (this.#holes > VALUE_HOLES_MAX) {
      return this.#refuse(`an array with too many holes: ${VALUE_HOLES_MAX} are allowed`);
    }
    this.#writer.u8(ValueTag.sparseArray);
    this.#writer.varint(length);
    let next = 0;
    for (const key of [...keys, length]) {
      const index = Number(key);
      if (index > next) {
        this.#writer.u8(ValueTag.hole);
        this.#writer.varint(index - next);
      }
      if (index < length) this.#element(array, index, depth);
      next = index + 1;
    }
  }

  #element(array: readonly unknown[], index: number, depth: number): void {
    this.#trace?.enter(array, `[${index}]`);
    this.write(array[index], depth + 1);
    this.#trace?.leave();
  }

  #date(date: Date): void {
    const time = resultOf(Date.prototype.getTime, date);
    if (time === undefined) return this.#refuse(describeValue(date));
    this.#checkProperties(date, 0);
    this.#writer.u8(ValueTag.date);
    this.#writer.f64(time);
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): void {
    const entries = resultOf<MapIterator<[unknown, unknown]>>(Map.prototype.entries, map);
    if (entries === undefined) return this.#refuse(describeValue(map));
    this.#checkProperties(map, 0);
    this.#writer.u8(ValueTag.map);
    this.#writer.varint(map.size);
    let at = 0;
    for (const [key, value] of entries) {
      this.#trace?.enter(map, `{key ${at}}`);
      this.write(key, depth + 1);
      this.#trace?.leave();
      this.#trace?.enter(map, typeof key === "string" ? `.get(${JSON.stringify(key)})` : `{value ${at}}`);
      this.write(value, depth + 1);
      this.#trace?.leave();
      at++;
    }
  }

  #set(set: ReadonlySet<unknown>, depth: number): void {
    const items = resultOf<SetIterator<unknown>>(Set.prototype.values, set);
    if (items === undefined) return this.#refuse(describeValue(set));
    this.#checkProperties(set, 0);
    this.#writer.u8(ValueTag.set);
    this.#writer.varint(set.size);
    let at = 0;
    for (const item of items) {
      this.#trace?.enter(set, `{item ${at++}}`);
      this.write(item, depth + 1);
      this.#trace?.leave();
    }
  }

  #bytes(bytes: Uint8Array): void {
    if (!ArrayBuffer.isView(bytes)) return this.#refuse(describeValue(bytes));
    if (isDetached(bytes.buffer)) return this.#refuse("a detached buffer");
    this.#writer.u8(ValueTag.bytes);
    this.#writer.bytes(bytes);
  }

  #buffer(value: object, prototype: object): void {
    const kind = bufferKindOf(prototype);
    if (kind < 0) return this.#refuse(describeValue(value));
    const view = ArrayBuffer.isView(value);
    if (isDetached(view ? value.buffer : value)) return this.#refuse("a detached buffer");
    if (!view && resultOf(ArrayBuffer.prototype.slice, value) === undefined) return this.#refuse(describeValue(value));
    this.#writer.u8(ValueTag.buffer);
    this.#writer.u8(kind);
    this.#writer.bytes(bufferToBytes(value as ArrayBuffer | ArrayBufferView, kind));
  }

  #instance(value: object, codec: ValueCodec, depth: number): void {
    this.#writer.u8(ValueTag.instance);
    this.#writer.string(codec.name);
    this.#trace?.enter(value, `<${codec.name}>`);
    this.write(codec.encode(value), depth + 1);
    this.#trace?.leave();
  }

  /** Refuses what has other own properties than `count` enumerable ones with a string for a key. */
  #checkProperties(value: object, count: number): void {
    this.#checkSymbols(value);
    if (Object.getOwnPropertyNames(value).length === count) return;
    this.#refuse(count === 0 ? "one with properties of its own" : "an object with a property that is not enumerable");
  }

  #checkSymbols(value: object): void {
    if (Object.getOwnPropertySymbols(value).length > 0) this.#refuse("an object with a symbol for a key");
  }

  #tooDeep(value: object): never {
    if (this.#trace?.findCycle(value) === true) throw REFUSED;
    return this.#refuse(`nested more than ${VALUE_DEPTH_MAX} deep`);
  }

  #refuse(found: string): never {
    this.#trace?.refuse(found);
    throw REFUSED;
  }
}

interface Plain {
  readonly [key: string]: unknown;
}

function hasHole(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !Object.hasOwn(array, i)) return true;
  return false;
}

/** Asks `ArrayBuffer.prototype.detached` (ES2024) where there is one: a detached buffer looks like an empty one. */
function isDetached(buffer: object): boolean {
  try {
    return (buffer as { readonly detached?: boolean }).detached === true;
  } catch {
    return false;
  }
}
