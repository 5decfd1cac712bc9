import { parseArgs } from "node:util";

import { CHECKPOINTS, type Latency } from "./measure.ts";

/** What is measured, and for how long. */
export interface Flags {
  readonly keys: readonly number[];
  /** Of each run. */
  readonly seconds: number;
  /** How long the job runs before it is measured, but no longer than it is measured then; 0: it is measured as a process begins. */
  readonly warmUpSeconds: number;
  /** Records that find out how many the job takes. */
  readonly records: number;
  /** The share of that which comes on schedule. */
  readonly load: number;
  /** Instead of a share of what the job takes. */
  readonly recordsPerSecond: number | undefined;
  readonly checkpoints: readonly Latency["checkpoints"][];
  /** Whether the last line of the output is everything as one JSON object. */
  readonly json: boolean;
  /** Whether this process measures, or starts one for each number of keys and each interval. */
  readonly here: boolean;
}

/** @throws {RangeError} if a flag makes no sense. */
export function readFlags(programArguments: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      keys: { type: "string", default: "1000,100000" },
      seconds: { type: "string", default: "10" },
      "warm-up": { type: "string", default: "3" },
      records: { type: "string", default: "1000000" },
      load: { type: "string", default: "0.5" },
      rate: { type: "string" },
      checkpoints: { type: "string", default: CHECKPOINTS.join() },
      json: { type: "boolean", default: false },
      here: { type: "boolean", default: false },
    },
  });
  return {
    keys: values.keys.split(",").map((text) => positive("keys", text)),
    seconds: positive("seconds", values.seconds),
    warmUpSeconds: values["warm-up"] === "0" ? 0 : positive("warm-up", values["warm-up"]),
    records: positive("records", values.records),
    load: positive("load", values.load),
    recordsPerSecond: values.rate === undefined ? undefined : positive("rate", values.rate),
    checkpoints: values.checkpoints.split(",").map(interval),
    json: values.json,
    here: values.here,
  };
}

function interval(text: string): Latency["checkpoints"] {
  const found = CHECKPOINTS.find((each) => each === text);
  if (found !== undefined) return found;
  throw new RangeError(`Cannot use --checkpoints ${text}: there is ${CHECKPOINTS.join(", ")}`);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`Cannot use --${flag} ${text}: it must be a number above 0`);
}
