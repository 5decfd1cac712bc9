import { ConfigurationError } from "@tidemark/core";

import { writeField } from "./csv-row.ts";
import { type DirectorySink, directorySink, type DirectorySinkOptions } from "./directory-sink.ts";
import { type RowFormat, unwritable } from "./row-format.ts";

/** Options of {@link csvSink}. */
export interface CsvSinkOptions<T> extends DirectorySinkOptions {
  /** The fields of a row, in order. */
  readonly columns: readonly (keyof T & string)[];
  /** Whether each file begins with the names of the columns. Default: `true`. */
  readonly header?: boolean;
  /** What stands between two fields: one character. Default: `","`. */
  readonly delimiter?: string;
}

function textOf(value: unknown, column: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return value.toISOString();
  throw unwritable("CSV", `column ${JSON.stringify(column)} holds ${Array.isArray(value) ? "an array" : typeof value}`);
}

function csvRows<T>({ columns, header = true, delimiter = "," }: CsvSinkOptions<T>): RowFormat<T> {
  const line = (fields: readonly string[]): string => {
    const text = fields.map((field) => writeField(field, delimiter)).join(delimiter);
    // A row of one empty field would be read as a blank line.
    return text === "" ? '""\n' : `${text}\n`;
  };
  return {
    name: "CSV",
    extension: ".csv",
    header: header ? line(columns) : "",
    encode: (value) => {
      if (typeof value !== "object" || value === null) {
        throw unwritable("CSV", `a row is an object, found ${typeof value}`);
      }
      return line(columns.map((column) => textOf(value[column], column)));
    },
  };
}

/**
 * Writes CSV files (RFC 4180) into a directory, exactly once. Fields are strings, numbers, booleans, bigints and dates;
 * `null` and `undefined` are empty, anything else is refused.
 *
 * @typeParam T what is written.
 * @param directory where the files appear; made if it does not exist.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 *
 * @example
 * ```ts
 * import { csvSink } from "@tidemark/connectors/file";
 *
 * const sink = csvSink<{ readonly id: number; readonly name: string }>("people", { columns: ["id", "name"] });
 * ```
 */
export function csvSink<T>(directory: string, options: CsvSinkOptions<T>): DirectorySink<T> {
  const { columns, delimiter = "," } = options;
  if (
    !Array.isArray(columns) ||
    columns.length === 0 ||
    typeof delimiter !== "string" ||
    delimiter.length !== 1 ||
    /["\r\n]/.test(delimiter)
  ) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      "Cannot write CSV: give at least one column, and a delimiter of one character that is neither a quote nor a line end",
    );
  }
  return directorySink(directory, csvRows(options), options);
}
