/** The flags of `npm run nexmark -- --all`. */
import { parseArgs } from "node:util";

import { ORACLE, type QueryName } from "../oracle/mod.ts";
import { FlagError } from "../run/flags.ts";
import { type ProfileName, PROFILES } from "./measure.ts";

/** What is measured. */
export interface MeasureFlags {
  readonly queries: readonly QueryName[];
  readonly profiles: readonly ProfileName[];
  readonly events: number;
  /** Whether the last line of the output is everything as one JSON object. */
  readonly json: boolean;
}

const ALL_QUERIES = Object.keys(ORACLE).join(",");

/** @throws {FlagError} with a sentence. */
export function readMeasureFlags(programArguments: readonly string[]): MeasureFlags {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      all: { type: "boolean" },
      only: { type: "string", default: ALL_QUERIES },
      profiles: { type: "string", default: Object.keys(PROFILES).join(",") },
      events: { type: "string", default: "500000" },
      json: { type: "boolean", default: false },
    },
  });
  const events = Number(values.events);
  if (!Number.isSafeInteger(events) || events < 1) {
    throw new FlagError(`Cannot use --events ${values.events}: it must be a whole number, at least 1`);
  }
  return {
    queries: chosen("only", values.only, Object.keys(ORACLE)) as readonly QueryName[],
    profiles: chosen("profiles", values.profiles, Object.keys(PROFILES)) as readonly ProfileName[],
    events,
    json: values.json,
  };
}

function chosen(flag: string, text: string, there: readonly string[]): readonly string[] {
  const names = text.split(",");
  const unknown = names.find((name) => !there.includes(name));
  if (unknown === undefined) return names;
  throw new FlagError(`Cannot use --${flag} ${unknown}: there is ${there.join(", ")}`);
}
