/**
 * Calls to the outside in the middle of a pipeline.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { asyncMap } from "@tidemark/core/async";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * pipeline("lengths")
 *   .source("words", fromArray(["to", "be"]))
 *   .pipe("length", asyncMap(async (word) => word.length, { order: "unordered" }));
 * ```
 *
 * @module
 */
export type { AnyStream } from "./api/attach.ts";
export { asyncMap, type AsyncMapOptions } from "./api/async-map.ts";
export type { AsyncContext, AsyncRetry } from "./operators/async/async-settings.ts";
