/**
 * Values and maps with a time to live, versions and a schema: what `@tidemark/core` has without options.
 *
 * @module
 */
import type { Key } from "../key-codec.ts";
import { declareMap, type MapStateDescriptor } from "./map.ts";
import { type StateOptions, withOptions } from "./options.ts";
import { declareValue, type ValueStateDescriptor } from "./value.ts";

/**
 * Declares a single value per key.
 *
 * @param initial what `get()` gives while nothing was written, and after it has expired. Default: `undefined`.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { valueState } from "@tidemark/core/state";
 *
 * const state = { seen: valueState(false, { ttl: { after: "1h" } }) };
 * ```
 */
export function valueState<T>(): ValueStateDescriptor<T | undefined>;
/** As above, with what `get()` gives while nothing was written, and options. */
export function valueState<T>(initial: T, options?: StateOptions<T>): ValueStateDescriptor<T>;
export function valueState<T>(initial?: T, options: StateOptions<T> = {}): ValueStateDescriptor<T | undefined> {
  return declareValue(initial, withOptions({ kind: "value" }, options));
}

/**
 * Declares a map per key.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { mapState } from "@tidemark/core/state";
 *
 * const state = { visits: mapState<string, number>({ ttl: { after: "30m", refresh: "read-write" } }) };
 * ```
 */
export function mapState<K extends Key, V>(options: StateOptions<V> = {}): MapStateDescriptor<K, V> {
  return declareMap(withOptions({ kind: "map" }, options));
}
