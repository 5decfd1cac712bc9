import { ConfigurationError } from "../errors.ts";
import { type Duration, durationMs } from "../time/duration.ts";

/** When checkpoints are taken, and how much may go wrong with them. */
export interface CheckpointOptions {
  /** From the start of one to the start of the next; `"none"`: only the last one of a run that ends. Default: `"10s"`. */
  readonly interval?: Duration | "none";
  /** A checkpoint that is not complete after this long is aborted. Default: `"10m"`. */
  readonly timeout?: Duration;
  /** At least this long from the end of one to the start of the next. Default: `"0s"`. */
  readonly minPause?: Duration;
  /** How many in a row may fail before the job does. Default: 0. */
  readonly tolerableFailures?: number;
  /** How many complete ones stay restorable. Default: 1. */
  readonly retained?: number;
}

/** {@link CheckpointOptions} with all defaults, in milliseconds. */
export interface CheckpointConfig {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  readonly tolerableFailures: number;
  readonly retained: number;
}

const MINIMUM_MS = 1;

/** @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense. */
export function checkpointConfig(options: CheckpointOptions = {}): CheckpointConfig {
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
  };
}

function positive(valueMs: number, name: string): number {
  if (valueMs >= MINIMUM_MS) return valueMs;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot use checkpoint.${name} of ${valueMs} ms: it must be at least 1 ms`,
  );
}

function whole(value: number, least: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot use checkpoint.${name} ${value}: it must be a whole number, at least ${least}`,
  );
}
