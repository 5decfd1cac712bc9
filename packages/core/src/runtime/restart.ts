import { type ErrorCode, isTidemarkError } from "../errors.ts";
import { checkWhole, invalidOption } from "../invalid-option.ts";
import { type Duration, durationMs } from "../time/duration.ts";
import { RepeatedFailures } from "./repeated-failures.ts";

/** What is done after a failure. `"none"`: the job fails at once. Without a strategy the delay is fixed. */
export type RestartOptions = "none" | FixedDelay | FailureRate | ExponentialDelay;

/** Starts the job again a number of times, after the same pause each time. */
export interface FixedDelay {
  /** Which strategy it is. */
  readonly strategy?: "fixed-delay";
  /** How often the job is started again, all together. Default: 3. */
  readonly attempts?: number;
  /** The pause before each. Default: `"1s"`. */
  readonly delay?: Duration;
  /** After this long without a failure earlier ones are forgotten. Default: `"1h"`. */
  readonly resetAfter?: Duration;
}

/** Starts the job again unless it fails too often. */
export interface FailureRate {
  /** Which strategy it is. */
  readonly strategy: "failure-rate";
  /** How many failures within the interval are answered with a restart. Default: 1. */
  readonly failures?: number;
  /** Default: `"1m"`. */
  readonly interval?: Duration;
  /** The pause before each restart. Default: `"1s"`. */
  readonly delay?: Duration;
}

/** Starts the job again after pauses that grow with each failure, until it runs without one for a while. */
export interface ExponentialDelay {
  /** Which strategy it is. */
  readonly strategy: "exponential-delay";
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

/** Failures that the same program on the same input and the same state would only meet again, besides those of its options. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "STATE_LOCKED",
  "STATE_FOREIGN_JOB",
  "STATE_CORRUPT",
  "STATE_UNMAPPED",
  "STATE_INCOMPATIBLE",
  "STATE_KEY_FOREIGN",
  "CHECKPOINT_CORRUPT",
  "CHECKPOINT_MISSING",
  "CHECKPOINT_FENCED",
  "SOURCE_CHANGED",
  "SOURCE_MISSING",
  "RECORD_INVALID",
  "SINK_FULL",
  "COMMIT_LOST",
  "COMMIT_FAILED",
  "KEY_UNSUPPORTED",
  "VALUE_UNSUPPORTED",
  "FORMAT_UNKNOWN",
  "ABORTED",
]);

/** Decides after each failure whether and when the job starts again. Pure: it is told the time. */
export class RestartStrategy {
  readonly #delayAfter: (at: number) => number | undefined;
  readonly #repeated = new RepeatedFailures();

  /**
   * @param random numbers in [0, 1), for jitter.
   * @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense.
   */
  constructor(options: RestartOptions = {}, random: () => number = () => 0.5) {
    this.#delayAfter = delays(options, random);
  }

  /**
   * The job has failed, at a moment of the monotonic clock. Whatever the strategy, it is not started again once a function
   * of the user's has thrown ten times for the same record, timer or window.
   *
   * @returns after how many milliseconds to start it again; `undefined`: not at all.
   */
  failed(error: unknown, at: number): number | undefined {
    if (isTidemarkError(error) && (error.name === "ConfigurationError" || FINAL.has(error.code))) return undefined;
    if (this.#repeated.isHopeless(error, at)) return undefined;
    return this.#delayAfter(at);
  }
}

function delays(options: RestartOptions, random: () => number): (at: number) => number | undefined {
  if (options === "none") return () => undefined;
  if (typeof options !== "object" || options === null) {
    throw invalidOption("restart", options, 'it is "none" or an object with a strategy');
  }
  switch (options.strategy) {
    case undefined:
    case "fixed-delay":
      return fixedDelay(options);
    case "failure-rate":
      return failureRate(options);
    case "exponential-delay":
      return exponentialDelay(options, random);
    default:
      throw invalidOption(
        "restart.strategy",
        (options as { strategy: unknown }).strategy,
        'there are "fixed-delay", "failure-rate" and "exponential-delay"',
      );
  }
}

function fixedDelay({ attempts = 3, delay = "1s", resetAfter = "1h" }: FixedDelay): (at: number) => number | undefined {
  checkWhole("restart.attempts", attempts, 0);
  const delayMs = durationMs(delay, "restart.delay");
  const inRow = failuresInRow(durationMs(resetAfter, "restart.resetAfter"));
  return (at) => (inRow(at) > attempts ? undefined : delayMs);
}

/** Remembers the times of the last failures: one more than are answered within the interval, and the job fails. */
function failureRate({ failures = 1, interval = "1m", delay = "1s" }: FailureRate): (at: number) => number | undefined {
  checkWhole("restart.failures", failures, 1);
  const intervalMs = durationMs(interval, "restart.interval");
  const delayMs = durationMs(delay, "restart.delay");
  const times: number[] = [];
  return (at) => {
    times.push(at);
    if (times.length <= failures) return delayMs;
    const oldest = times.shift() as number;
    return at - oldest < intervalMs ? undefined : delayMs;
  };
}

function exponentialDelay(options: ExponentialDelay, random: () => number): (at: number) => number | undefined {
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
  const inRow = failuresInRow(durationMs(options.resetAfter ?? "1h", "restart.resetAfter"));
  return (at) => {
    const failures = inRow(at);
    if (failures > attempts) return undefined;
    const delayMs = Math.min(maxMs, initialMs * multiplier ** (failures - 1));
    const jittered = delayMs * (1 + jitter * (2 * random() - 1));
    return Math.min(maxMs, Math.max(initialMs, jittered));
  };
}

/** Counts failures, and forgets earlier ones after a while without any. */
function failuresInRow(resetAfterMs: number): (at: number) => number {
  let count = 0;
  let last = -Infinity;
  return (at) => {
    count = at - last >= resetAfterMs ? 1 : count + 1;
    last = at;
    return count;
  };
}
