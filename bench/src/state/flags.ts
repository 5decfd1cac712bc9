import { parseArgs } from "node:util";

/** The backends that can be measured. */
export const BACKENDS = ["memory", "leveldb", "s3"] as const;

/** A backend, by name. */
export type BackendName = (typeof BACKENDS)[number];

/** What is measured. */
export interface Flags {
  /** Whether only the growth of a table in memory is, to the first number of keys. */
  readonly growth: boolean;
  readonly backends: readonly BackendName[];
  /** Different keys, each with one value; each number is measured. */
  readonly keys: readonly number[];
  /** Bytes of a value. */
  readonly valueBytes: number;
  /** Records of each kind that are measured: reads, and updates. */
  readonly records: number;
  /** So many of 100 keys are changed by each row of checkpoints, so that what one leaves to be merged is merged in the next ones. */
  readonly churnPercent: number;
  /** Subtasks of the keyed step. */
  readonly parallelism: number;
  /** How long each answer of an object store takes beside what it takes anyway. */
  readonly latencyMs: number;
  /** How much state may be in memory, in bytes; `undefined`: all of it. Each is measured. */
  readonly limits: readonly (number | undefined)[];
  /** The write buffer of LevelDB, in MiB. */
  readonly writeBufferMiB: number;
  /** The heap of the process that measures, in MiB; `undefined`: as Node sets it. */
  readonly heapMiB: number | undefined;
  /** Whether the last line of the output is everything as one JSON object. */
  readonly json: boolean;
  /** Whether this process measures, or starts one for each backend. */
  readonly here: boolean;
}

/** @throws {RangeError} if a flag makes no sense. */
export function readFlags(programArguments: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      backend: { type: "string", default: BACKENDS.join(",") },
      growth: { type: "boolean", default: false },
      keys: { type: "string" },
      "value-bytes": { type: "string", default: "200" },
      records: { type: "string", default: "400000" },
      churn: { type: "string", default: "20" },
      parallelism: { type: "string", default: "1" },
      "latency-ms": { type: "string", default: "0" },
      "limit-mb": { type: "string", default: "all,24" },
      "write-buffer-mib": { type: "string", default: "16" },
      "heap-mb": { type: "string" },
      json: { type: "boolean", default: false },
      here: { type: "boolean", default: false },
    },
  });
  return {
    backends: values.backend.split(",").map(backendOf),
    growth: values.growth,
    keys: (values.keys ?? (values.growth ? "10000000" : "400000")).split(",").map((text) => wholeNumber("keys", text)),
    valueBytes: wholeNumber("value-bytes", values["value-bytes"]),
    records: wholeNumber("records", values.records),
    churnPercent: wholeNumber("churn", values.churn),
    parallelism: wholeNumber("parallelism", values.parallelism),
    latencyMs: wholeNumber("latency-ms", values["latency-ms"], 0),
    limits: values["limit-mb"].split(",").map(limitOf),
    writeBufferMiB: wholeNumber("write-buffer-mib", values["write-buffer-mib"]),
    heapMiB: optional("heap-mb", values["heap-mb"]),
    json: values.json,
    here: values.here,
  };
}

function backendOf(name: string): BackendName {
  const found = BACKENDS.find((each) => each === name);
  if (found !== undefined) return found;
  throw new RangeError(`Cannot measure backend "${name}": there is ${BACKENDS.join(", ")}`);
}

function limitOf(text: string): number | undefined {
  return text === "all" ? undefined : wholeNumber("limit-mb", text) * 1_000_000;
}

function optional(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(flag, text);
}

function wholeNumber(flag: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`Cannot use --${flag} ${text}: it must be a whole number, at least ${least}`);
}
