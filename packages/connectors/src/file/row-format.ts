import { messageOf, SerializationError } from "@tidemark/core";

/** How the rows of an output file are written. */
export interface RowFormat<T> {
  /** What messages call it, such as `NDJSON`. */
  readonly name: string;
  /** The end of file names, with its dot. */
  readonly extension: string;
  /** What stands once at the top of a file, with its newline; empty for nothing. */
  readonly header: string;
  /**
   * One row, with its newline.
   *
   * @throws {SerializationError} VALUE_UNSUPPORTED if the format has no form for the value.
   */
  encode(value: T): string;
}

/** A SerializationError VALUE_UNSUPPORTED: a value that cannot be a row. */
export function unwritable(format: string, reason: string, cause?: unknown): SerializationError {
  return new SerializationError("VALUE_UNSUPPORTED", `Cannot write a row of ${format}: ${reason}`, { cause });
}

/** Rows that are lines of text. */
export const lineRows: RowFormat<string> = {
  name: "text",
  extension: ".txt",
  header: "",
  encode: (line) => {
    if (typeof line !== "string") throw unwritable("text", `expected a string, found ${typeof line}`);
    if (line.includes("\n")) throw unwritable("text", "the line holds a newline, and would be read as two lines");
    return `${line}\n`;
  },
};

/** Rows that are one JSON value each. */
export const ndjsonRows: RowFormat<unknown> = {
  name: "NDJSON",
  extension: ".ndjson",
  header: "",
  encode: (value) => {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (error) {
      throw unwritable("NDJSON", messageOf(error), error);
    }
    if (text === undefined) throw unwritable("NDJSON", `JSON has no form for ${typeof value}`);
    return `${text}\n`;
  },
};
