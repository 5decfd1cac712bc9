import { checkWhole, invalidOption } from "../invalid-option.ts";
import { type Duration, durationMs } from "../time/duration.ts";
import { failuresInRow, type RestartPolicy } from "./restart.ts";

/** Options of {@link failureRate}. */
export interface FailureRateOptions {
  /** How many failures within the interval are answered with a restart. Default: 1. */
  readonly failures?: number;
  /** Default: `"1m"`. */
  readonly interval?: Duration;
  /** The pause before each restart. Default: `"1s"`. */
  readonly delay?: Duration;
}

/** Options of {@link exponentialDelay}. */
export interface ExponentialDelayOptions {
  /** The first pause. Default: `"1s"`. */
  readonly initialDelay?: Duration;
  /** The longest pause. Default: `"1m"`. */
  readonly maxDelay?: Duration;
  /** By what each pause is longer than the one before. Default: 1.5. */
  readonly multiplier?: number;
  /** By what share a pause may be shorter or longer, by chance, so that jobs do not come back in step. Default: 0.1. */
  readonly jitter?: number;
  /** After this long without a failure the pauses begin anew. Default: `"1h"`. */
  readonly resetAfter?: Duration;
  /** How often in a row the job is started again. Default: no limit. */
  readonly attempts?: number;
}

/**
 * Starts the job again unless it fails too often.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense.
 *
 * @example
 * ```ts
 * import { failureRate } from "@tidemark/core";
 *
 * const options = { restart: failureRate({ failures: 3, interval: "10m" }) };
 * ```
 */
export function failureRate({ failures = 1, interval = "1m", delay = "1s" }: FailureRateOptions = {}): RestartPolicy {
  checkWhole("restart.failures", failures, 1);
  const intervalMs = durationMs(interval, "restart.interval");
  const delayMs = durationMs(delay, "restart.delay");
  return {
    name: "failureRate",
    delays: () => {
      // One more than are answered within the interval, and the job fails.
      const times: number[] = [];
      return (at) => {
        times.push(at);
        if (times.length <= failures) return delayMs;
        const oldest = times.shift() as number;
        return at - oldest < intervalMs ? undefined : delayMs;
      };
    },
  };
}

/**
 * Starts the job again after pauses that grow with each failure, until it runs without one for a while.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense.
 *
 * @example
 * ```ts
 * import { exponentialDelay } from "@tidemark/core";
 *
 * const options = { restart: exponentialDelay({ maxDelay: "5m" }) };
 * ```
 */
export function exponentialDelay(options: ExponentialDelayOptions = {}): RestartPolicy {
  const { multiplier = 1.5, jitter = 0.1, attempts = Infinity } = options;
  if (attempts !== Infinity) checkWhole("restart.attempts", attempts, 0);
  if (!(Number.isFinite(multiplier) && multiplier >= 1)) {
    throw invalidOption("restart.multiplier", multiplier, "it must be at least 1");
  }
  if (!(Number.isFinite(jitter) && jitter >= 0 && jitter <= 1)) {
    throw invalidOption("restart.jitter", jitter, "it must lie between 0 and 1");
  }
  const initialMs = durationMs(options.initialDelay ?? "1s", "restart.initialDelay");
  const maxMs = durationMs(options.maxDelay ?? "1m", "restart.maxDelay");
  if (initialMs > maxMs) {
    throw invalidOption(
      "restart.initialDelay",
      options.initialDelay,
      `it is longer than restart.maxDelay, ${maxMs} ms`,
    );
  }
  const resetAfterMs = durationMs(options.resetAfter ?? "1h", "restart.resetAfter");
  return {
    name: "exponentialDelay",
    delays: (random) => {
      const inRow = failuresInRow(resetAfterMs);
      return (at) => {
        const failures = inRow(at);
        if (failures > attempts) return undefined;
        const delayMs = Math.min(maxMs, initialMs * multiplier ** (failures - 1));
        const jittered = delayMs * (1 + jitter * (2 * random() - 1));
        return Math.min(maxMs, Math.max(initialMs, jittered));
      };
    },
  };
}
