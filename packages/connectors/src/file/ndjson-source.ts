import { type FileSource, fileSource, type FileSourceOptions } from "./file-source.ts";
import { BLANK, type LineParser } from "./line-parser.ts";
import { checker, type Validator } from "./validator.ts";

/** Options of {@link ndjsonSource}. */
export interface NdjsonSourceOptions<T> extends FileSourceOptions {
  /** Checks each value; what it refuses is rejected. Default: values are taken for `T` unchecked. */
  readonly validate?: Validator<T>;
}

const NOT_BLANK = /\S/;

function ndjsonParser<T>(check: ((value: unknown) => T) | undefined): LineParser<T> {
  return {
    parse: (line) => {
      if (line.length < 2 && !NOT_BLANK.test(line)) return BLANK;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch (error) {
        if (!NOT_BLANK.test(line)) return BLANK;
        throw error;
      }
      return check === undefined ? (value as T) : check(value);
    },
    abandon: () => undefined,
  };
}

/**
 * Reads a file that holds one JSON value on each line. Blank lines are passed over; a line that is no JSON, or that
 * `validate` refuses, is rejected.
 *
 * @typeParam T what a line holds.
 * @param path the file.
 * @throws {ConfigurationError} OPTION_INVALID if the options contradict each other.
 *
 * @example
 * ```ts
 * import { ndjsonSource } from "@tidemark/connectors/file";
 *
 * const source = ndjsonSource<{ readonly id: number }>("orders.ndjson");
 * ```
 */
export function ndjsonSource<T>(path: string, options: NdjsonSourceOptions<T> = {}): FileSource<T> {
  const check = options.validate === undefined ? undefined : checker(options.validate);
  const parser = ndjsonParser(check);
  return fileSource(path, { name: "NDJSON", header: false, multiline: false, parser: () => parser }, options);
}
