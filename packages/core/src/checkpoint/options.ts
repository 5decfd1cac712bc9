import { ConfigurationError } from "../errors.ts";
import { type Duration, durationMs } from "../time/duration.ts";

/** When checkpoints are taken, how, and how much may go wrong with them. */
export interface CheckpointOptions {
  /** From the start of one to the start of the next; `"none"`: only the last one of a run that ends. Default: `"10s"`. */
  readonly interval?: Duration | "none";
  /** A checkpoint that is not complete after this long is aborted. Default: `"10m"`. */
  readonly timeout?: Duration;
  /** At least this long from the end of one to the start of the next periodic one. Default: `"0s"`. */
  readonly minPause?: Duration;
  /** How many in a row may fail before the job does. Default: 0. */
  readonly tolerableFailures?: number;
  /** How many complete ones stay restorable. Default: 1. */
  readonly retained?: number;
  /** How many may be under way at a time. More than one only with mode `"aligned"`. Default: 1. */
  readonly maxConcurrent?: number;
  /**
   * How barriers pass records that wait in channels. `"aligned"`: behind them; a checkpoint then takes as long as the
   * slowest step needs for what lies before it. `"unaligned"`: ahead of them; the records overtaken become part of the
   * checkpoint, so they must be plain data. Both are exactly-once. A pipeline that promises at-least-once never aligns,
   * and takes `"aligned"` alone. Default: `"aligned"`.
   */
  readonly mode?: "aligned" | "unaligned";
  /** With mode `"unaligned"`: for how long barriers wait in line before they overtake. Default: `"0s"`, at once. */
  readonly alignedTimeout?: Duration;
}

/** What a gate does with barriers. `"counted"`: blocks nothing, and takes its snapshot when all have come. */
export type BarrierMode = "aligned" | "unaligned" | "counted";

/** {@link CheckpointOptions} with all defaults, in milliseconds. */
export interface CheckpointConfig {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  readonly tolerableFailures: number;
  readonly retained: number;
  readonly maxConcurrent: number;
  readonly barriers: BarrierMode;
  /** How long barriers stay aligned; Infinity if they always do. */
  readonly alignedTimeoutMs: number;
}

const MINIMUM_MS = 1;

/** @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense, or options exclude each other. */
export function checkpointConfig(
  options: CheckpointOptions = {},
  guarantee: "exactly-once" | "at-least-once" = "exactly-once",
): CheckpointConfig {
  const { interval = "10s", timeout = "10m", minPause = "0s", tolerableFailures = 0, retained = 1 } = options;
  const intervalMs = interval === "none" ? Infinity : positive(durationMs(interval, "checkpoint.interval"), "interval");
  const minPauseMs = durationMs(minPause, "checkpoint.minPause");
  return {
    // A pause longer than the interval is the interval (Flink does the same).
    intervalMs: Math.max(intervalMs, minPauseMs),
    timeoutMs: positive(durationMs(timeout, "checkpoint.timeout"), "timeout"),
    minPauseMs,
    tolerableFailures: whole(tolerableFailures, 0, "tolerableFailures"),
    retained: whole(retained, 1, "retained"),
    ...barrierConfig(options, guarantee),
  };
}

function barrierConfig(
  { mode = "aligned", alignedTimeout, maxConcurrent = 1 }: CheckpointOptions,
  guarantee: "exactly-once" | "at-least-once",
): Pick<CheckpointConfig, "maxConcurrent" | "barriers" | "alignedTimeoutMs"> {
  if (mode !== "aligned" && mode !== "unaligned") {
    throw invalid(`checkpoint.mode ${JSON.stringify(mode)}: there are "aligned" and "unaligned"`);
  }
  whole(maxConcurrent, 1, "maxConcurrent");
  if (mode === "aligned") {
    if (alignedTimeout !== undefined) {
      throw invalid('checkpoint.alignedTimeout with mode "aligned", which has none: use mode "unaligned"');
    }
    return {
      maxConcurrent,
      barriers: guarantee === "exactly-once" ? "aligned" : "counted",
      alignedTimeoutMs: Infinity,
    };
  }
  if (guarantee === "at-least-once") {
    throw invalid('checkpoint.mode "unaligned" in an at-least-once pipeline: its barriers wait for nothing anyway');
  }
  if (maxConcurrent > 1) {
    throw invalid(
      `checkpoint.maxConcurrent ${maxConcurrent} with mode "unaligned": the records in flight would be in several checkpoints. Use 1`,
    );
  }
  const alignedTimeoutMs = durationMs(alignedTimeout ?? "0s", "checkpoint.alignedTimeout");
  return { maxConcurrent, barriers: "unaligned", alignedTimeoutMs };
}

function positive(valueMs: number, name: string): number {
  if (valueMs >= MINIMUM_MS) return valueMs;
  throw invalid(`checkpoint.${name} of ${valueMs} ms: it must be at least 1 ms`);
}

function whole(value: number, least: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`checkpoint.${name} ${value}: it must be a whole number, at least ${least}`);
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use ${what}`);
}
