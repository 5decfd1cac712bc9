import { ConfigurationError, type ErrorCode, isTidemarkError } from "../errors.ts";
import { type Duration, durationMs } from "../time/duration.ts";

/** What is done after a failure. `"none"`: the job fails at once. */
export type RestartOptions =
  | "none"
  | {
      /** How often the job is started again, all together. Default: 3. */
      readonly attempts?: number;
      /** The pause before each. Default: `"1s"`. */
      readonly delay?: Duration;
      /** After this long without a failure earlier ones are forgotten. Default: `"1h"`. */
      readonly resetAfter?: Duration;
    };

/** Failures that the same program on the same input and the same state would only meet again. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ID_MISSING",
  "ID_REPEATED",
  "GRAPH_CYCLE",
  "GRAPH_EMPTY",
  "GRAPH_FOREIGN_STREAM",
  "KEY_MISSING",
  "PARALLELISM_INVALID",
  "OPTION_INVALID",
  "GUARANTEE_UNSUPPORTED",
  "PLATFORM_UNSUPPORTED",
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
  "COMMIT_LOST",
  "COMMIT_FAILED",
  "KEY_UNSUPPORTED",
  "VALUE_UNSUPPORTED",
  "FORMAT_UNKNOWN",
  "ABORTED",
]);

/** Restarts a bounded number of times, with a fixed pause. Pure: it is told the time. */
export class RestartStrategy {
  readonly #attempts: number;
  readonly #delayMs: number;
  readonly #resetAfterMs: number;
  #used = 0;
  #lastFailureAt = -Infinity;

  /** @throws {ConfigurationError} OPTION_INVALID if a number or a duration makes no sense. */
  constructor(options: RestartOptions = {}) {
    const { attempts = 3, delay = "1s", resetAfter = "1h" } = options === "none" ? { attempts: 0 } : options;
    if (!Number.isSafeInteger(attempts) || attempts < 0) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot use restart.attempts ${attempts}: it must be a whole number, at least 0`,
      );
    }
    this.#attempts = attempts;
    this.#delayMs = durationMs(delay, "restart.delay");
    this.#resetAfterMs = durationMs(resetAfter, "restart.resetAfter");
  }

  /**
   * The job has failed, at a moment of the monotonic clock.
   *
   * @returns after how many milliseconds to start it again; `undefined`: not at all.
   */
  failed(error: unknown, at: number): number | undefined {
    if (isTidemarkError(error) && FINAL.has(error.code)) return undefined;
    if (at - this.#lastFailureAt >= this.#resetAfterMs) this.#used = 0;
    this.#lastFailureAt = at;
    if (this.#used >= this.#attempts) return undefined;
    this.#used++;
    return this.#delayMs;
  }
}
