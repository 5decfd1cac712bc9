/** Puts the committed parts of an output together in one file. */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Row } from "../oracle/mod.ts";
import type { Query } from "../queries/mod.ts";
import { linesOf } from "./lines.ts";
import { Table } from "./table.ts";

/**
 * Writes all rows of a query into one file, one JSON array on each line: those that it has given or, if its answer is a
 * table that changes, the table at the end. The file is there as a whole or not at all.
 *
 * @returns the number of rows.
 */
export async function writeOutput(query: Query, parts: string, path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const staged = `${path}.part`;
  const file = createWriteStream(staged);
  const lines = query.kind === "append" ? givenLines(parts) : tableLines(parts);
  let rows = 0;
  for await (const line of lines) {
    rows++;
    await writeLine(file, line);
  }
  file.end();
  await once(file, "close");
  await rename(staged, path);
  return rows;
}

/** The lines of all committed files of a directory, in the order of the commits. */
export async function* givenLines(parts: string): AsyncGenerator<string, void, undefined> {
  for (const name of await committedFiles(parts)) yield* linesOf(join(parts, name));
}

async function* tableLines(parts: string): AsyncGenerator<string, void, undefined> {
  const table = new Table();
  for await (const line of givenLines(parts)) {
    const [sign, row] = JSON.parse(line) as [1 | -1, Row];
    table.add(sign, row);
  }
  for (const row of table.rows()) yield JSON.stringify(row);
}

/** Names of the committed files, in the order of the commits. Without a single row there is no directory. */
async function committedFiles(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function writeLine(file: WriteStream, line: string): Promise<void> {
  if (!file.write(`${line}\n`)) await once(file, "drain");
}
