/**
 * Reads back what the job has committed: the visible files of a directory, one JSON object a line.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** All committed rows of a directory. A line that is no JSON comes as its text: the comparison will not expect it. */
export async function* committedRows(directory: string): AsyncGenerator<unknown> {
  for (const name of await committedFiles(directory)) {
    const lines = createInterface({ input: createReadStream(join(directory, name)), crlfDelay: Infinity });
    for await (const line of lines) {
      if (line !== "") yield parsed(line);
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** Names of the committed files. Staged files hide behind a dot or in a folder of their own. */
export async function committedFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ndjson") && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .toSorted();
}
