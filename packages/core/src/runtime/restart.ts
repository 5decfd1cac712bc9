import { type ErrorCode, isTidemarkError } from "../errors.ts";
import { checkWhole, invalidOption } from "../invalid-option.ts";
import { type Duration, durationMs } from "../time/duration.ts";
import { RepeatedFailures } from "./repeated-failures.ts";

/**
 * What is done after a failure. `"none"`: the job fails at once; `failureRate({...})` and `exponentialDelay({...})` are
 * functions of `@tidemark/core`; otherwise the delay is fixed.
 */
export type RestartOptions = "none" | FixedDelay | RestartPolicy;

/** Starts the job again a number of times, after the same pause each time. */
export interface FixedDelay {
  /** How often the job is started again, all together. Default: 3. */
  readonly attempts?: number;
  /** The pause before each. Default: `"1s"`. */
  readonly delay?: Duration;
  /** After this long without a failure earlier ones are forgotten. Default: `"1h"`. */
  readonly resetAfter?: Duration;
}

/** When a job starts again after a failure: made by `failureRate` or `exponentialDelay` of `@tidemark/core`. */
export interface RestartPolicy {
  /** The function that has made it. */
  readonly name: "failureRate" | "exponentialDelay";
  /**
   * For the engine: what answers failures, one after the other.
   *
   * @param random numbers in [0, 1).
   * @returns after how many milliseconds to start again when it has failed at a moment; `undefined`: not at all.
   */
  delays(random: () => number): (at: number) => number | undefined;
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
    throw invalidOption("restart", options, 'it is "none" or an object, such as exponentialDelay({...}) makes');
  }
  if ("delays" in options) return options.delays(random);
  if ("strategy" in options) {
    throw invalidOption(
      "restart.strategy",
      options.strategy,
      'write failureRate({...}) or exponentialDelay({...}) of "@tidemark/core"',
    );
  }
  return fixedDelay(options);
}

function fixedDelay({ attempts = 3, delay = "1s", resetAfter = "1h" }: FixedDelay): (at: number) => number | undefined {
  checkWhole("restart.attempts", attempts, 0);
  const delayMs = durationMs(delay, "restart.delay");
  const inRow = failuresInRow(durationMs(resetAfter, "restart.resetAfter"));
  return (at) => (inRow(at) > attempts ? undefined : delayMs);
}

/** Counts failures, and forgets earlier ones after a while without any. */
export function failuresInRow(resetAfterMs: number): (at: number) => number {
  let count = 0;
  let last = -Infinity;
  return (at) => {
    count = at - last >= resetAfterMs ? 1 : count + 1;
    last = at;
    return count;
  };
}
