import { ConfigurationError } from "../../errors.ts";
import { type Duration, durationMs } from "../../time/duration.ts";

/** What an asynchronous function is told besides the record. */
export interface AsyncContext {
  /** Aborted when the call has timed out, or the job goes down: hand it on to `fetch` and its like. */
  readonly signal: AbortSignal;
  /** 1 for the first try, one more for each after it. */
  readonly attempt: number;
}

/** How often and when a call that failed is tried again. The pauses grow, as those between restarts of a job can. */
export interface AsyncRetry {
  /** How often a call is tried again. Default: 3. */
  readonly attempts?: number;
  /** The first pause. Default: `"100ms"`. */
  readonly initialDelay?: Duration;
  /** The longest pause. Default: `"10s"`. */
  readonly maxDelay?: Duration;
  /** By what each pause is longer than the one before. Default: 2. */
  readonly multiplier?: number;
  /** By what share a pause may be shorter or longer, by chance, so that calls do not come back in step. Default: 0.1. */
  readonly jitter?: number;
  /** Whether it is worth another try after this. Default: always. */
  readonly when?: (error: unknown) => boolean;
}

/** How the calls of a step are made. */
export interface AsyncSettings {
  readonly call: (value: unknown, context: AsyncContext) => PromiseLike<unknown>;
  readonly isOrdered: boolean;
  /** The most calls whose results have not gone on. */
  readonly capacity: number;
  readonly timeoutMs: number;
  readonly onTimeout: ((value: unknown) => unknown) | undefined;
  /** `undefined`: a call is made once. */
  readonly retry: RetrySettings | undefined;
}

/** {@link AsyncRetry}, complete. */
export interface RetrySettings {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
  readonly jitter: number;
  readonly when: (error: unknown) => boolean;
}

/** @throws {ConfigurationError} OPTION_INVALID if the options make no sense. */
export function retrySettings(retry: AsyncRetry): RetrySettings {
  const { attempts = 3, multiplier = 2, jitter = 0.1, when = () => true } = retry;
  if (!Number.isSafeInteger(attempts) || attempts < 0) {
    throw invalid("attempts", attempts, "a whole number, at least 0");
  }
  if (!Number.isFinite(multiplier) || multiplier < 1) throw invalid("multiplier", multiplier, "a number, at least 1");
  if (!(jitter >= 0 && jitter < 1)) throw invalid("jitter", jitter, "a number from 0 to less than 1");
  if (typeof when !== "function") throw invalid("when", when, "a function from an error to whether to try again");
  return {
    attempts,
    multiplier,
    jitter,
    when,
    initialDelayMs: durationMs(retry.initialDelay ?? "100ms", "initialDelay"),
    maxDelayMs: durationMs(retry.maxDelay ?? "10s", "maxDelay"),
  };
}

/** The pause before a try, the second of which comes after the first pause. */
export function pauseBefore(attempt: number, retry: RetrySettings, random: () => number): number {
  const { initialDelayMs, maxDelayMs, multiplier, jitter } = retry;
  const pauseMs = Math.min(initialDelayMs * multiplier ** (attempt - 2), maxDelayMs);
  return Math.round(pauseMs * (1 + jitter * (2 * random() - 1)));
}

/** An option of asyncMap that makes no sense. */
export function invalid(option: string, found: unknown, wanted: string): ConfigurationError {
  return new ConfigurationError(
    "OPTION_INVALID",
    `Cannot use ${option} ${String(found)} of asyncMap: it must be ${wanted}`,
    {
      details: { option, found },
    },
  );
}
