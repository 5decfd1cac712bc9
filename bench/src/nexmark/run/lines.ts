/** Reads files line by line. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

import { parseEvent } from "../generator/mod.ts";

/** The lines of a file. */
export function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Infinity });
}

/** How many lines of a file are not blank. */
export async function countLines(path: string): Promise<number> {
  let count = 0;
  for await (const line of linesOf(path)) if (line.trim() !== "") count++;
  return count;
}

/**
 * Looks for the line that no event can be read from. A job that reads a file in parts knows bytes and no numbers of lines,
 * so this is for when it has refused one.
 *
 * @throws {NexmarkLineError} at the first such line.
 */
export async function refuseBadLine(path: string): Promise<void> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (line.trim() !== "") parseEvent(line, number);
  }
}
