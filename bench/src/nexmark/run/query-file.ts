/** A query over a user's own file. */
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isTidemarkError } from "@tidemark/core";

import { QUERIES } from "../queries/mod.ts";
import { FlagError, type FileFlags } from "./flags.ts";
import { partsOf } from "./life.ts";
import { countLines, refuseBadLine } from "./lines.ts";
import { writeOutput } from "./output.ts";
import { drawKills, supervise } from "./supervise.ts";

/** What a run came to. */
export interface FileReport {
  readonly rows: number;
  readonly crashes: number;
  readonly ms: number;
}

/** Without crashes a checkpoint each second is enough; with them each life should get somewhere. */
const INTERVAL = "1s";
const INTERVAL_WITH_CRASHES = "50ms";

/**
 * Runs a query over a file and writes its rows into another one.
 *
 * @throws {FlagError} if there is no such input. @throws {NexmarkLineError} if a line of it is no event.
 */
export async function queryFile(flags: FileFlags): Promise<FileReport> {
  const { query, input, output, parallelism, outOfOrder, crashes, seed } = flags;
  await requireFile(input);
  const started = performance.now();
  const directory = await mkdtemp(join(tmpdir(), "nexmark-"));
  try {
    const interval = crashes === 0 ? INTERVAL : INTERVAL_WITH_CRASHES;
    const kills = crashes === 0 ? [] : drawKills({ count: crashes, seed, events: await countLines(input) });
    const task = { query, input, directory, parallelism, outOfOrder, interval, outlives: crashes > 0 } as const;
    const killed = await supervise(task, kills).catch(async (error: unknown) => {
      // In a child the error is only a text; whatever it was, a bad line is the clearer answer.
      if (crashes > 0 || (isTidemarkError(error) && error.code === "RECORD_INVALID")) await refuseBadLine(input);
      throw error;
    });
    const rows = await writeOutput(QUERIES[query], partsOf(directory), output);
    return { rows, crashes: killed, ms: Math.round(performance.now() - started) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function requireFile(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw new FlagError(`Cannot read --input ${path}: there is no such file`, { cause });
  }
}
