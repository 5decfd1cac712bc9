import { ByteReader } from "../../bytes/reader.ts";
import { ByteWriter } from "../../bytes/writer.ts";

/** An object with more keys than this is taken for a dictionary, whose keys will not come again. */
const SHAPE_KEYS_MAX = 32;

/** How many shapes one value can refer to: as many as there are tags for them. */
const SHAPES_MAX = 32;

/** The keys of a plain object in their order, and whether it has `Object.prototype`. */
export interface Shape {
  readonly keys: readonly string[];
  readonly nullPrototype: boolean;
  /** The keys as they go on the wire: one string after the other. */
  readonly header: Uint8Array;
  /** Whether some key is also one of `Object.prototype`, so that an assignment might do something else. */
  readonly careful: boolean;
}

/**
 * The shapes seen so far in one value, numbered in order. Writer and reader keep one each and add the same shapes at the
 * same places, so that an array of records holds its keys once.
 */
export class Shapes {
  readonly #shapes: Shape[] = [];
  #count = 0;

  /** The shape that a reference names. */
  at(index: number): Shape | undefined {
    return index < this.#count ? this.#shapes[index] : undefined;
  }

  /** The number of the shape with these keys, or -1. */
  indexOf(keys: readonly string[], nullPrototype: boolean): number {
    const shapes = this.#shapes;
    for (let i = 0; i < this.#count; i++) {
      const shape = shapes[i] as Shape;
      if (shape.nullPrototype === nullPrototype && sameKeys(shape.keys, keys)) return i;
    }
    return -1;
  }

  /** Takes in a shape that is new, unless the rules say that it gets no number. */
  add(shape: Shape): void {
    const keys = shape.keys.length;
    if (keys > 0 && keys <= SHAPE_KEYS_MAX && this.#count < SHAPES_MAX) this.#shapes[this.#count++] = shape;
  }

  /** Forgets all, for another value. */
  clear(): void {
    this.#count = 0;
  }
}

let idle: Shapes | undefined;

/** Lends an empty list: most values need it for an instant only. A borrower that throws need not give it back. */
export function borrowShapes(): Shapes {
  const shapes = idle ?? new Shapes();
  idle = undefined;
  return shapes;
}

/** Takes back what {@link borrowShapes} lent. */
export function returnShapes(shapes: Shapes): void {
  shapes.clear();
  idle = shapes;
}

/** Makes the shape of an object that is written. */
export function shapeOfKeys(keys: readonly string[], nullPrototype: boolean): Shape {
  const writer = new ByteWriter();
  for (const key of keys) writer.string(key);
  return { keys, nullPrototype, header: writer.finish(), careful: isCareful(keys) };
}

/**
 * Makes the shape of an object that is read.
 *
 * @returns `undefined` if no object has such keys: one comes twice, or they stand in an order that JavaScript does not keep.
 * @throws {SerializationError} BYTES_INVALID if the header holds no strings.
 */
export function shapeOfHeader(header: Uint8Array, nullPrototype: boolean): Shape | undefined {
  const reader = new ByteReader(header);
  const object: Record<string, true> = Object.create(null);
  const keys: string[] = [];
  while (reader.remaining > 0) {
    const key = reader.string();
    object[key] = true;
    keys.push(key);
  }
  if (!sameKeys(Object.keys(object), keys)) return undefined;
  // The strings of the object are the engine's own copies, by which it finds properties fastest.
  return { keys: Object.keys(object), nullPrototype, header: header.slice(), careful: isCareful(keys) };
}

/** Whether two lists of keys are the same. */
export function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  const count = a.length;
  if (count !== b.length) return false;
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isCareful(keys: readonly string[]): boolean {
  return keys.some((key) => key in Object.prototype);
}
