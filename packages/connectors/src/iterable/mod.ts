/**
 * Arrays, iterables and streams as sources, and an array as a sink.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const source = fromArray(["to", "be", "or", "not"]);
 * const { sink, values } = toArray<string>();
 * ```
 *
 * @module
 */
export type { IterableSplit } from "./iterable-reader.ts";
export {
  fromArray,
  fromAsyncIterable,
  fromIterable,
  fromStream,
  type IterableSource,
  type IterableSourceOptions,
} from "./sources.ts";
export { type ArrayCommittable, type ArraySink, toArray } from "./to-array.ts";
