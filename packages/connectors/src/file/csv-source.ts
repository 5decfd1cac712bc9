import { ConfigurationError } from "@tidemark/core";
import { invalidOption } from "@tidemark/core/internal";

import { type CsvDialect, CsvParser } from "./csv-parser.ts";
import { type FileSource, fileSource, type FileSourceOptions } from "./file-source.ts";
import { checker, type Validator } from "./validator.ts";

/** Options of {@link csvSource}. */
export interface CsvSourceOptions<T> extends FileSourceOptions {
  /** Whether the first row names the columns. Default: `true`. */
  readonly header?: boolean;
  /** The names of the columns, in order. Needed without a header; with one, the header has to say the same. */
  readonly columns?: readonly string[];
  /** What stands between two fields: one character. Default: `","`. */
  readonly delimiter?: string;
  /** Whether a field in quotes may hold newlines. `splits` above 1 needs `false`. Default: `true`. */
  readonly multiline?: boolean;
  /** Turns a row of texts into a record; what it refuses is rejected. Default: the texts by column. */
  readonly validate?: Validator<T>;
}

function checkDelimiter(delimiter: string): void {
  if (typeof delimiter === "string" && delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return;
  throw invalidOption("delimiter", delimiter, "it is one character, and neither a quote nor a line end");
}

/**
 * Reads a CSV file by RFC 4180: quotes, doubled quotes, newlines inside quotes. Blank lines are passed over; a row with
 * another number of fields than there are columns, or with a quote out of place, is rejected.
 *
 * @typeParam T what a row becomes.
 * @param path the file.
 * @throws {ConfigurationError} OPTION_INVALID if the options contradict each other.
 *
 * @example
 * ```ts
 * import { csvSource } from "@tidemark/connectors/file";
 *
 * const source = csvSource("airports.csv", {
 *   validate: (row) => ({ code: String((row as Record<string, string>)["iata"]) }),
 * });
 * ```
 */
export function csvSource<T = Readonly<Record<string, string>>>(
  path: string,
  options: CsvSourceOptions<T> = {},
): FileSource<T> {
  const { header = true, columns, delimiter = ",", multiline = true, validate } = options;
  checkDelimiter(delimiter);
  if (columns !== undefined && !Array.isArray(columns)) {
    throw invalidOption("columns", columns, "they are a list of names");
  }
  if (!header && columns === undefined) {
    throw new ConfigurationError("OPTION_INVALID", "Cannot read CSV without a header: name the columns by columns");
  }
  const dialect: CsvDialect<T> = { delimiter, multiline, columns, header, check: checker(validate) };
  const format = {
    name: "CSV",
    header,
    multiline,
    parser: (lines: () => string | undefined) => new CsvParser(dialect, lines),
  };
  return fileSource(path, format, options);
}
