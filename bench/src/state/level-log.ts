import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of tables that LevelDB has written. */
export interface TableWrites {
  /** New tables of level 0: what was in memory, or in the log at an opening. */
  readonly flushed: number;
  /** Tables that took the place of others. */
  readonly compacted: number;
}

const FLUSHED = /Level-0 table #\d+: (\d+) bytes/g;

const COMPACTED = /Compacted \d+@\d+ \+ \d+@\d+ files => (\d+) bytes/g;

/** What LevelDB itself has noted in a directory since it was opened there last. */
export async function tableWrites(directory: string): Promise<TableWrites> {
  const text = await readFile(join(directory, "LOG"), "utf8").catch(() => "");
  return { flushed: sumOf(text, FLUSHED), compacted: sumOf(text, COMPACTED) };
}

function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}
