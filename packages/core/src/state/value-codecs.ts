/**
 * How the instances of one class travel: as a plain value, made and read by these two functions.
 *
 * @typeParam T The class.
 */
export interface ValueCodec<T extends object = object> {
  /** Written before each instance: keep it when the class is renamed. */
  readonly name: string;
  /** Instances of exactly this class; a subclass needs a codec of its own. */
  readonly class: abstract new (...args: never[]) => T;
  /** A value that can be encoded, with all that the instance is made of. */
  encode(value: T): unknown;
  /** The instance again. What it throws becomes a BYTES_INVALID with this as its cause. */
  decode(plain: unknown): T;
}

/** The classes whose instances can be encoded. Immutable; made by {@link valueCodecs}. */
export interface ValueCodecs {
  /** The names, in the order they were given. */
  readonly names: readonly string[];
  /** The codec of the class whose prototype this is. */
  forPrototype(prototype: object): ValueCodec | undefined;
  /** The codec with this name. */
  forName(name: string): ValueCodec | undefined;
}

/** Classes that the value codec knows by itself. */
const BUILT_IN: ReadonlySet<unknown> = new Set([Object, Array, Date, Map, Set, ArrayBuffer, DataView, Uint8Array]);

/**
 * Puts codecs together.
 *
 * @throws {TypeError} for an empty or repeated name, a class given twice, or a class that needs no codec.
 */
export function valueCodecs(codecs: readonly ValueCodec[]): ValueCodecs {
  const byName = new Map<string, ValueCodec>();
  const byPrototype = new Map<object, ValueCodec>();
  for (const codec of codecs) {
    const { name } = codec;
    const prototype = codec.class.prototype as object;
    if (name === "") throw new TypeError("Cannot use this codec: its name is empty");
    if (byName.has(name)) throw new TypeError(`Cannot use codec "${name}": the name is given twice`);
    if (byPrototype.has(prototype)) throw new TypeError(`Cannot use codec "${name}": its class has another codec`);
    if (isBuiltIn(codec.class)) throw new TypeError(`Cannot use codec "${name}": ${codec.class.name} needs no codec`);
    byName.set(name, codec);
    byPrototype.set(prototype, codec);
  }
  return Object.freeze({
    names: Object.freeze([...byName.keys()]),
    forPrototype: (prototype: object) => byPrototype.get(prototype),
    forName: (name: string) => byName.get(name),
  });
}

function isBuiltIn(type: unknown): boolean {
  return BUILT_IN.has(type) || Object.getPrototypeOf(type) === Object.getPrototypeOf(Uint8Array);
}
