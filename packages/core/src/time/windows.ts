import { ConfigurationError } from "../errors.ts";
import { type Duration, durationMs } from "./duration.ts";

/** A span of event time: from `start` up to, but without, `end`, in milliseconds since the epoch. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}

/** Cuts time into windows of one size that do not overlap. */
export interface TumblingWindows {
  readonly kind: "tumbling";
  readonly sizeMs: number;
  readonly offsetMs: number;
}

/** How records are put into windows. */
export type WindowAssigner = TumblingWindows;

/** Options of {@link tumbling}. */
export interface TumblingOptions {
  /** Moves the start of all windows. Default: `"0s"`, windows start at multiples of their size since the epoch. */
  readonly offset?: Duration;
}

/**
 * Windows of one size, side by side: `tumbling("1h")` puts each record into the hour it belongs to.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the size is not a positive duration.
 *
 * @example
 * ```ts
 * import { tumbling } from "@tidemark/core/windows";
 *
 * const hourly = tumbling("1h");
 * ```
 */
export function tumbling(size: Duration, options: TumblingOptions = {}): TumblingWindows {
  const sizeMs = durationMs(size, "the window size");
  if (sizeMs <= 0) {
    throw new ConfigurationError("OPTION_INVALID", `Cannot use windows of ${size}: the size must be positive`);
  }
  const offsetMs = options.offset === undefined ? 0 : durationMs(options.offset, "the window offset");
  return { kind: "tumbling", sizeMs, offsetMs };
}

/** The start of the tumbling window that a timestamp belongs to; exact for negative timestamps too. */
export function windowStart(timestamp: number, assigner: TumblingWindows): number {
  return Math.floor((timestamp - assigner.offsetMs) / assigner.sizeMs) * assigner.sizeMs + assigner.offsetMs;
}
