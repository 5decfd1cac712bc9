import type { Misuse } from "../misuse.ts";
import { checkKind, checkWhole, invalidOption } from "../invalid-option.ts";
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
   * slowest step needs for what lies before it. `unaligned` of `@tidemark/core`: ahead of them; the records overtaken become
   * part of the checkpoint, so they must be plain data. Both are exactly-once. A pipeline that promises at-least-once never
   * aligns, and takes `"aligned"` alone. Default: `"aligned"`.
   */
  readonly mode?: "aligned" | UnalignedMode | Misuse<"Write mode: unaligned, from @tidemark/core.">;
  /** With mode `unaligned`: for how long barriers wait in line before they overtake. Default: `"0s"`, at once. */
  readonly alignedTimeout?: Duration;
}

/** That barriers overtake records: `unaligned` of `@tidemark/core`. It brings along what that takes. */
export interface UnalignedMode {
  /** What messages call it. */
  readonly name: "unaligned";
  /** Its name. */
  toString(): string;
  /** Its name. */
  toJSON(): string;
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
  /** What overtaking takes, where barriers may. */
  readonly overtaking?: UnalignedMode | undefined;
  /** How long barriers stay aligned; Infinity if they always do. */
  readonly alignedTimeoutMs: number;
}

const MINIMUM_MS = 1;

/** @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense, or options exclude each other. */
export function checkpointConfig(
  options: CheckpointOptions = {},
  guarantee: "exactly-once" | "at-least-once" = "exactly-once",
): CheckpointConfig {
  checkKind("checkpoint", options, "object");
  const { interval = "10s", timeout = "10m", minPause = "0s", tolerableFailures = 0, retained = 1 } = options;
  const intervalMs = interval === "none" ? Infinity : positiveMs(interval, "interval");
  const minPauseMs = durationMs(minPause, "checkpoint.minPause");
  return {
    // A pause longer than the interval is the interval (Flink does the same).
    intervalMs: Math.max(intervalMs, minPauseMs),
    timeoutMs: positiveMs(timeout, "timeout"),
    minPauseMs,
    tolerableFailures: checkWhole("checkpoint.tolerableFailures", tolerableFailures, 0),
    retained: checkWhole("checkpoint.retained", retained, 1),
    ...barrierConfig(options, guarantee),
  };
}

function barrierConfig(
  { mode = "aligned", alignedTimeout, maxConcurrent = 1 }: CheckpointOptions,
  guarantee: "exactly-once" | "at-least-once",
): Pick<CheckpointConfig, "maxConcurrent" | "barriers" | "overtaking" | "alignedTimeoutMs"> {
  if (mode !== "aligned" && !isUnaligned(mode)) {
    throw invalidOption("checkpoint.mode", mode, 'there are "aligned", and unaligned of "@tidemark/core"');
  }
  checkWhole("checkpoint.maxConcurrent", maxConcurrent, 1);
  if (mode === "aligned") {
    if (alignedTimeout !== undefined) {
      throw invalidOption(
        "checkpoint.alignedTimeout",
        alignedTimeout,
        'mode "aligned" has none, use mode unaligned of "@tidemark/core"',
      );
    }
    return {
      maxConcurrent,
      barriers: guarantee === "exactly-once" ? "aligned" : "counted",
      overtaking: undefined,
      alignedTimeoutMs: Infinity,
    };
  }
  if (guarantee === "at-least-once") {
    throw invalidOption("checkpoint.mode", mode.name, "barriers of an at-least-once pipeline wait for nothing anyway");
  }
  if (maxConcurrent > 1) {
    throw invalidOption(
      "checkpoint.maxConcurrent",
      maxConcurrent,
      "with mode unaligned the records in flight would be in several checkpoints. Use 1",
    );
  }
  const alignedTimeoutMs = durationMs(alignedTimeout ?? "0s", "checkpoint.alignedTimeout");
  return { maxConcurrent, barriers: "unaligned", overtaking: mode, alignedTimeoutMs };
}

function isUnaligned(mode: CheckpointOptions["mode"]): mode is UnalignedMode {
  return typeof mode === "object" && mode !== null && "name" in mode && mode.name === "unaligned";
}

function positiveMs(duration: Duration, name: string): number {
  const valueMs = durationMs(duration, `checkpoint.${name}`);
  if (valueMs >= MINIMUM_MS) return valueMs;
  throw invalidOption(`checkpoint.${name}`, duration, "it must be at least 1 ms");
}
