import { parseArgs } from "node:util";

import { isWhere, type Where, WHERE } from "./where.ts";

/** What `npm run sim` takes. */
export const HELP = `npm run sim -- [--seeds N] [--minutes M] [--seed S] [--jobs J] [--first] [--json]
npm run sim -- --replay "seed=7;faults=41:after"
npm run sim -- --sweep [--json]
npm run sim -- --planted [--only TEXT] [--seeds N] [--json]

  --seeds N     how many seeds (default 1000); with --planted, after how many a bug counts as not found (default 20000)
  --minutes M   stop after so many minutes
  --seed S      the first seed (default 1)
  --jobs J      how many processes divide the seeds among them (default 1)
  --first       end with the first violation, and leave it as large as it is
  --where NAME  run those seeds alone in which a bug there can show: ${Object.keys(WHERE).join(", ")}
  --replay LINE repeat a run from the line that a failure ended with
  --sweep       kill five small jobs at every effect, two of them at every pair
  --planted     count the seeds until the swarm finds each planted bug
  --only TEXT   with --planted, the bugs alone whose names hold the text; may be given several times
  --json        one object on the last line`;

/** The flags of one call. */
export interface Flags {
  readonly mode: "swarm" | "replay" | "sweep" | "planted" | "worker" | "help";
  readonly replay: string;
  readonly seed: number;
  readonly seeds: number | undefined;
  readonly stride: number;
  readonly jobs: number;
  readonly minutes: number | undefined;
  readonly first: boolean;
  /** Which seeds to run. `undefined`: all. */
  readonly where: Where | undefined;
  /** Empty: all bugs. */
  readonly only: readonly string[];
  readonly json: boolean;
}

/**
 * Reads the flags.
 *
 * @throws {RangeError} if one is unknown or no number, saying which.
 */
export function flagsOf(args: readonly string[]): Flags {
  const values = parsed(args);
  const mode = values.help
    ? "help"
    : values.replay !== undefined
      ? "replay"
      : values.sweep
        ? "sweep"
        : values.planted
          ? "planted"
          : values.worker
            ? "worker"
            : "swarm";
  return {
    mode,
    replay: values.replay ?? "",
    seed: numberOf("seed", values.seed) ?? 1,
    seeds: numberOf("seeds", values.seeds),
    stride: numberOf("stride", values.stride) ?? 1,
    jobs: numberOf("jobs", values.jobs) ?? 1,
    minutes: numberOf("minutes", values.minutes),
    first: values.first,
    where: whereOf(values.where),
    only: values.only,
    json: values.json,
  };
}

// Its return type is what parseArgs makes of the options: only the compiler can write it down.
const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", default: false },
        seeds: { type: "string" },
        minutes: { type: "string" },
        seed: { type: "string" },
        jobs: { type: "string" },
        // Of the processes that --jobs starts.
        worker: { type: "boolean", default: false },
        stride: { type: "string" },
        first: { type: "boolean", default: false },
        replay: { type: "string" },
        sweep: { type: "boolean", default: false },
        planted: { type: "boolean", default: false },
        where: { type: "string" },
        only: { type: "string", multiple: true, default: [] },
        json: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\n\n${HELP}`);
  }
};

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== "" && number >= 0) return number;
  throw new RangeError(`Cannot use --${name} ${text}: give a number from 0 up\n\n${HELP}`);
}

function whereOf(name: string | undefined): Where | undefined {
  if (name === undefined || isWhere(name)) return name;
  throw new RangeError(`Cannot use --where ${name}: there is no such name\n\n${HELP}`);
}
