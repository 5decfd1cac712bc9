/** The flags of `npm run nexmark -- --all`. */
import { parseArgs } from "node:util";

import { ORACLE, type QueryName } from "../oracle/mod.ts";
import { FlagError } from "../run/flags.ts";
import type { Effort } from "./measure.ts";
import { SETUPS, type SetupName } from "./setup.ts";
import { type ProfileName, PROFILES } from "./workload.ts";

/** What is measured. */
export interface MeasureFlags {
  readonly queries: readonly QueryName[];
  readonly profiles: readonly ProfileName[];
  readonly setups: readonly SetupName[];
  /** How many events all queries are measured over; otherwise each has its own number. */
  readonly events: number | undefined;
  readonly effort: Effort;
  /** Whether this process measures, or starts one for each query. */
  readonly here: boolean;
  /** Whether the table is Markdown. */
  readonly markdown: boolean;
  /** Whether the last line of the output is everything as one JSON object. */
  readonly json: boolean;
}

const ENOUGH_MS = 3_000;

/** @throws {FlagError} with a sentence. */
export function readMeasureFlags(programArguments: readonly string[]): MeasureFlags {
  const values = parse(programArguments);
  return {
    queries: chosen("only", values.only, Object.keys(ORACLE) as QueryName[]),
    profiles: chosen("profiles", values.profiles, Object.keys(PROFILES) as ProfileName[]),
    setups: chosen("setups", values.setups, SETUPS),
    events: values.events === undefined ? undefined : whole("events", values.events),
    effort: { rounds: whole("rounds", values.rounds), enoughMs: ENOUGH_MS },
    here: values.here,
    markdown: values.markdown,
    json: values.json,
  };
}

function parse(programArguments: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...programArguments],
      options: {
        all: flag,
        only: { type: "string", default: Object.keys(ORACLE).join(",") },
        profiles: { type: "string", default: Object.keys(PROFILES).join(",") },
        setups: { type: "string", default: SETUPS.join(",") },
        events: { type: "string" },
        rounds: { type: "string", default: "3" },
        here: flag,
        markdown: flag,
        json: flag,
      },
    }).values;
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function chosen<T extends string>(flag: string, text: string, there: readonly T[]): readonly T[] {
  return text.split(",").map((name) => {
    const found = there.find((each) => each === name);
    if (found !== undefined) return found;
    throw new FlagError(`Cannot use --${flag} ${name}: there is ${there.join(", ")}`);
  });
}

function whole(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new FlagError(`Cannot use --${flag} ${text}: it must be a whole number, at least 1`);
}
