/**
 * The flags of the demonstration.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Duration } from "@tidemark/core";
import { ROWS_ALL } from "./columns.ts";

/** What to run. */
export interface Flags {
  readonly kills: number;
  readonly seed: number;
  readonly backend: "leveldb" | "memory";
  readonly parallelism: number;
  /** Into how many ranges of bytes the feed is cut. */
  readonly splits: number;
  readonly rows: number;
  /** By how much a flight may be behind the latest one, as a duration. */
  readonly bound: Duration;
  /** Time between checkpoints, as a duration. */
  readonly interval: Duration;
  readonly json: boolean;
  readonly keep: boolean;
  readonly directory: string | undefined;
  readonly help: boolean;
  /** What was asked for and cannot be had, in words. */
  readonly remarks: readonly string[];
}

/** A flag that cannot be used as it was given. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

export const HELP = `npm run demo -- [flags]

Counts 3,000,000 US flights per airport and hour, is killed with SIGKILL again and again while it does, and compares
what it has committed with a plain loop over the same data.

  --kills <n>         how often to kill it: 0 to 100 (default 9, one for each phase that is aimed at)
  --seed <n>          draws the phases and the moments of the kills (default 1)
  --backend <name>    leveldb (default), or memory: it outlives no process, so nothing is killed then
  --parallelism <n>   subtasks of each stage: 1 to 16 (default 1)
  --splits <n>        parts of the feed that are read side by side: 1 to 16 (default: 1)
  --rows <n>          only the first n flights: 1 to 3000000 (default 3000000)
  --bound <duration>  how far out of order the feed may be before a flight is late (default 15h)
  --interval <duration>  time between checkpoints (default 1s)
  --json              one JSON object as the last line; everything else goes to standard error
  --keep              go on from the state and output of the run before instead of starting afresh
  --directory <path>  where feed, state and output go (default apps/demo/.data)
  --help              this text

Ends with 0 if nothing was lost, doubled or wrong, 1 if something was, 2 if it could not run.
`;

const KILLS_DEFAULT = 9;

/** Reads the flags. Throws {@link FlagError} with a sentence. */
export function parseFlags(args: readonly string[]): Flags {
  const values = read(args);
  const backend = values.backend ?? "leveldb";
  if (backend !== "leveldb" && backend !== "memory") {
    throw new FlagError(`Cannot use --backend ${backend}: it is leveldb or memory`);
  }
  const remarks: string[] = [];
  const parallelism = whole("parallelism", values.parallelism, 1, 16, 1);
  let kills = whole("kills", values.kills, 0, 100, backend === "memory" ? 0 : KILLS_DEFAULT);
  if (backend === "memory" && kills > 0) {
    remarks.push(`State in memory does not outlive its process, so the job is not killed: 0 kills instead of ${kills}`);
    kills = 0;
  }
  return {
    kills,
    seed: whole("seed", values.seed, 0, 2 ** 32 - 1, 1),
    backend,
    parallelism,
    splits: whole("splits", values.splits, 1, 16, 1),
    rows: whole("rows", values.rows, 1, ROWS_ALL, ROWS_ALL),
    bound: duration("bound", values.bound, "15h"),
    interval: duration("interval", values.interval, "1s"),
    json: values.json ?? false,
    keep: values.keep ?? false,
    directory: values.directory,
    help: values.help ?? false,
    remarks,
  };
}

/** Milliseconds of a duration such as `"15h"`. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new FlagError(`Cannot read duration "${text}": it is a whole number and ms, s, m, h or d`);
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(match[1]) * units[match[2]!]!;
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        kills: { type: "string" },
        seed: { type: "string" },
        backend: { type: "string" },
        parallelism: { type: "string" },
        splits: { type: "string" },
        rows: { type: "string" },
        bound: { type: "string" },
        interval: { type: "string" },
        json: { type: "boolean" },
        keep: { type: "boolean" },
        directory: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function whole(name: string, text: string | undefined, least: number, most: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new FlagError(`Cannot use --${name} ${text}: it is a whole number from ${least} to ${most}`);
}

function duration(name: string, text: string | undefined, otherwise: Duration): Duration {
  if (text === undefined) return otherwise;
  try {
    if (durationMs(text) > 0) return text as Duration;
  } catch (error) {
    throw new FlagError(`Cannot use --${name} ${text}: it is a duration such as 15h or 500ms`, { cause: error });
  }
  throw new FlagError(`Cannot use --${name} ${text}: it is longer than 0`);
}
