import { ConnectorError, messageOf } from "@tidemark/core";

import { readFully, type OpenFile } from "./file-system.ts";
import { LineFramer } from "./line-framer.ts";
import type { LineParser, RecordFormat } from "./line-parser.ts";

/** How far a header may reach, in bytes. */
const HEADER_BYTES_MAX = 64 * 1024;

/** A parser that knows the header of its file. */
export interface HeadedParser<T> {
  readonly parser: LineParser<T>;
  /** The first byte after the header. */
  readonly end: number;
}

/**
 * Makes a parser, reading the header at the top of the file where the format has one. Resolves with `undefined` if the
 * header has not been written yet.
 *
 * @param growing whether a header without a newline may still grow.
 * @throws {ConnectorError} RECORD_INVALID if the header is not what the format expects.
 */
export async function readHeader<T>(
  file: OpenFile,
  path: string,
  format: RecordFormat<T>,
  growing: boolean,
): Promise<HeadedParser<T> | undefined> {
  const framer = new LineFramer(0, HEADER_BYTES_MAX);
  if (format.header) {
    const bytes = new Uint8Array(HEADER_BYTES_MAX);
    const count = await readFully(file, bytes, 0);
    framer.push(bytes.subarray(0, count));
    if (count < HEADER_BYTES_MAX && !growing) framer.finish();
    if (growing && !bytes.subarray(0, count).includes(0x0a)) return undefined;
  }
  try {
    const parser = format.parser(() => {
      if (!framer.advance()) return undefined;
      if (framer.problem !== undefined) throw new Error(framer.problem);
      return framer.text;
    });
    return { parser, end: framer.end };
  } catch (error) {
    throw new ConnectorError(
      "RECORD_INVALID",
      `Cannot read the header of ${JSON.stringify(path)}: ${messageOf(error)}; correct the file, or the options of the source`,
      { cause: error, details: { path } },
    );
  }
}
