import { type DirectorySink, directorySink, type DirectorySinkOptions } from "./directory-sink.ts";
import { lineRows } from "./row-format.ts";

/**
 * Writes text files into a directory, one string on each line, exactly once. A string that holds a newline is refused.
 *
 * @param directory where the files appear; made if it does not exist.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 *
 * @example
 * ```ts
 * import { linesSink } from "@tidemark/connectors/file";
 *
 * const sink = linesSink("words", { rollBytes: 1_000_000 });
 * ```
 */
export function linesSink(directory: string, options: DirectorySinkOptions = {}): DirectorySink<string> {
  return directorySink(directory, lineRows, options);
}
