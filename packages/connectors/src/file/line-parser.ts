/** Said by a {@link LineParser} of a line that holds no record. */
export const BLANK: unique symbol = Symbol("blank line");
/** Said by a {@link LineParser} of a line with which a record begins, or goes on, that has not ended. */
export const UNFINISHED: unique symbol = Symbol("unfinished record");

/** Turns the lines of one split into records. */
export interface LineParser<T> {
  /**
   * The record that ends with this line.
   *
   * @param line without its newline; a carriage return before it is still there.
   * @throws anything, whose message is the reason why the record is rejected.
   */
  parse(line: string): T | typeof BLANK | typeof UNFINISHED;
  /** Gives up a record that has not ended. Answers its text so far, or `undefined` if there is none. */
  abandon(): string | undefined;
}

/** How the records of a file are written. */
export interface RecordFormat<T> {
  /** What messages call it, such as `NDJSON`. */
  readonly name: string;
  /** Whether the first record of the file tells about the others, and is none itself. */
  readonly header: boolean;
  /** Whether a record can reach over several lines, so that no place inside the file is known to be between records. */
  readonly multiline: boolean;
  /**
   * A parser for one split.
   *
   * @param header the lines from the top of the file as far as they are needed; empty without `header`.
   * @throws anything, whose message says what is wrong with the header.
   */
  parser(header: HeaderLines): LineParser<T>;
}

/** Gives the lines at the top of a file, one after the other, and `undefined` after the last. */
export type HeaderLines = () => string | undefined;

/** The line without the carriage return before its newline. */
export function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
