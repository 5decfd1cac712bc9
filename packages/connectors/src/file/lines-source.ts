import { type FileSource, fileSource, type FileSourceOptions } from "./file-source.ts";
import { type LineParser, type RecordFormat, withoutReturn } from "./line-parser.ts";

const parser: LineParser<string> = { parse: withoutReturn, abandon: () => undefined };

const lines: RecordFormat<string> = { name: "text", header: false, multiline: false, parser: () => parser };

/**
 * Reads a UTF-8 text file line by line, empty lines too. Lines end with a newline, or a carriage return and a newline;
 * the last one may end with the file. A line that is not valid UTF-8 is rejected.
 *
 * @param path the file.
 * @throws {ConfigurationError} OPTION_INVALID if the options contradict each other.
 *
 * @example
 * ```ts
 * import { linesSource } from "@tidemark/connectors/file";
 *
 * const source = linesSource("server.log", { follow: true });
 * ```
 */
export function linesSource(path: string, options: FileSourceOptions = {}): FileSource<string> {
  return fileSource(path, lines, options);
}
