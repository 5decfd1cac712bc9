type Primitive = string | number | bigint | boolean | symbol | null | undefined;

/** Types whose values have no parts that a type could make readonly. */
type Whole = ((...args: never[]) => unknown) | Date | ArrayBuffer | ArrayBufferView;

/** `T` with everything in it readonly: what state gives out, and takes back. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends Primitive | Whole
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
      : T extends ReadonlySet<infer Item>
        ? ReadonlySet<DeepReadonly<Item>>
        : { readonly [Name in keyof T]: DeepReadonly<T[Name]> };
