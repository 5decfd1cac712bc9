import { type DirectorySink, directorySink, type DirectorySinkOptions } from "./directory-sink.ts";
import { ndjsonRows } from "./row-format.ts";

/**
 * Writes NDJSON files into a directory, one value on each line, exactly once. Values are written as `JSON.stringify`
 * does it; one that has no form in JSON, such as a bigint, is refused.
 *
 * @typeParam T what is written.
 * @param directory where the files appear; made if it does not exist.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 *
 * @example
 * ```ts
 * import { ndjsonSink } from "@tidemark/connectors/file";
 *
 * const sink = ndjsonSink<{ readonly id: number }>("orders", { singleFile: "orders.ndjson" });
 * ```
 */
export function ndjsonSink<T>(directory: string, options: DirectorySinkOptions = {}): DirectorySink<T> {
  return directorySink<T>(directory, ndjsonRows, options);
}
