import { parseArgs } from "node:util";

import { COMPUTATIONS } from "./computations/mod.ts";
import { CHECKPOINT_INTERVALS, type CheckpointInterval } from "./measure.ts";

/** What is measured, and how often. */
export interface Flags {
  readonly records: number;
  readonly repeat: number;
  /** Names of computations. */
  readonly only: readonly string[];
  readonly keys: readonly number[];
  readonly parallelism: readonly number[];
  readonly checkpoints: readonly CheckpointInterval[];
  /** Whether the last line of the output is everything as one JSON object. */
  readonly json: boolean;
  /** Whether other libraries are measured beside the engine. */
  readonly rivals: boolean;
  /** Whether this process measures, or starts one for each computation and number of keys. */
  readonly here: boolean;
}

/** What `--only` calls the other libraries. */
export const RIVALS_ONLY = "rivals";

/** @throws {RangeError} if a flag makes no sense. */
export function readFlags(programArguments: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      records: { type: "string", default: "4000000" },
      repeat: { type: "string", default: "5" },
      only: { type: "string" },
      "no-rivals": { type: "boolean", default: false },
      keys: { type: "string", default: "1000,100000" },
      parallelism: { type: "string", default: "1,4" },
      checkpoints: { type: "string", default: "none,1s,100ms" },
      json: { type: "boolean", default: false },
      here: { type: "boolean", default: false },
    },
  });
  const names = COMPUTATIONS.map(({ name }) => name);
  const asked = values.only?.split(",") ?? [...names, RIVALS_ONLY];
  for (const name of asked) {
    if (name === RIVALS_ONLY || names.includes(name)) continue;
    throw new RangeError(`Cannot measure "${name}": there is ${[...names, RIVALS_ONLY].join(", ")}`);
  }
  return {
    records: wholeNumber("records", values.records),
    repeat: wholeNumber("repeat", values.repeat),
    only: asked.filter((name) => name !== RIVALS_ONLY),
    keys: values.keys.split(",").map((text) => wholeNumber("keys", text)),
    parallelism: values.parallelism.split(",").map((text) => wholeNumber("parallelism", text)),
    checkpoints: values.checkpoints.split(",").map(interval),
    json: values.json,
    rivals: asked.includes(RIVALS_ONLY) && !values["no-rivals"],
    here: values.here,
  };
}

function interval(text: string): CheckpointInterval {
  const found = CHECKPOINT_INTERVALS.find((each) => each === text);
  if (found !== undefined) return found;
  throw new RangeError(`Cannot use --checkpoints ${text}: there is ${CHECKPOINT_INTERVALS.join(", ")}`);
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot use --${flag} ${text}: it must be a whole number, at least 1`);
}
