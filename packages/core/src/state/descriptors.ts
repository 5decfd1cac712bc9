/**
 * The kinds of keyed state, declared once as an object: `state: { total: valueState(0), seen: mapState<string, number>() }`.
 *
 * @module
 */
import type { Key } from "./key-codec.ts";

/** A single value per key. */
export interface ValueStateDescriptor<T> {
  readonly kind: "value";
  /** What `get()` gives while nothing was written. */
  readonly initial: T;
}

/** A map per key, whose entries are read, written and checkpointed one by one. */
export interface MapStateDescriptor<K extends Key, V> {
  readonly kind: "map";
  /** Carries the types; never set. */
  readonly types?: readonly [K, V];
}

/** Any kind of keyed state. */
export type StateDescriptor = ValueStateDescriptor<unknown> | MapStateDescriptor<Key, unknown>;

/** The states of an operator, by name. */
export type StateDescriptors = Readonly<Record<string, StateDescriptor>>;

/** What user code holds of a value state. All of it is about the current key. */
export interface ValueState<T> {
  /** The value, or the declared initial one. Do not change it in place: use {@link update}. */
  get(): T;
  update(next: T): void;
  /** Back to the initial value; frees the entry. */
  clear(): void;
}

/** What user code holds of a map state. All of it is about the current key. */
export interface MapState<K extends Key, V> {
  /** The entry's value; `undefined` if there is none. Do not change it in place: use {@link set}. */
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): void;
  delete(key: K): void;
  /** The entries, in the order in which they were added since the start of the process. */
  entries(): IterableIterator<readonly [K, V]>;
  clear(): void;
}

/** The handle that belongs to a descriptor. */
export type StateHandle<D> =
  D extends ValueStateDescriptor<infer T>
    ? ValueState<T>
    : D extends MapStateDescriptor<infer K, infer V>
      ? MapState<K, V>
      : never;

/** The handles that belong to declared states. */
export type StateHandles<S extends StateDescriptors> = { readonly [Name in keyof S]: StateHandle<S[Name]> };

/**
 * Declares a single value per key.
 *
 * @param initial what `get()` gives while nothing was written. Default: `undefined`.
 */
export function valueState<T>(): ValueStateDescriptor<T | undefined>;
export function valueState<T>(initial: T): ValueStateDescriptor<T>;
export function valueState<T>(initial?: T): ValueStateDescriptor<T | undefined> {
  return { kind: "value", initial };
}

/** Declares a map per key. */
export function mapState<K extends Key, V>(): MapStateDescriptor<K, V> {
  return { kind: "map" };
}
