import { shownDuration } from "../../duration.ts";
import { ConfigurationError } from "../../errors.ts";
import { type Duration, durationMs } from "../../time/duration.ts";
import type { Misuse } from "../../misuse.ts";
import { checkMade } from "./general-windows.ts";
import type { WindowClock } from "./processing-time.ts";
import type { TimeDomain } from "./triggers/trigger-driver.ts";

/** The clock that windows follow: the time in the records, or that at which they are processed. */
export interface WindowTime {
  /** Default: the time in the records. With `processingTime` results depend on timing, and no record is late. */
  readonly time?: WindowClock | Misuse<"Write time: processingTime, from @tidemark/core/windows.">;
}

/** Options of windows that lie on a grid. */
export interface GridOptions extends WindowTime {
  /** Moves the start of all windows; `"-8h"` is written `"16h"` for days. Default: `"0s"`, multiples since the epoch. */
  readonly offset?: Duration;
}

/** @throws {ConfigurationError} OPTION_INVALID if it is not a positive duration. */
export function positiveMs(duration: Duration, what: string): number {
  const valueMs = durationMs(duration, `the ${what}`);
  if (valueMs > 0) return valueMs;
  throw new ConfigurationError("OPTION_INVALID", `Cannot use windows of ${duration}: the ${what} must be positive`, {
    details: { what, found: duration },
  });
}

/** @throws {ConfigurationError} OPTION_INVALID if it is not a whole number of at least 1. */
export function positiveCount(count: number, what: string): number {
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot use ${what} of ${String(count)}: it must be a whole number of at least 1`,
    { details: { what, found: count } },
  );
}

/** What plans say of a grid that does not begin at the epoch. */
export function shownOffset(offsetMs: number): string {
  return offsetMs === 0 ? "" : ` offset by ${shownDuration(offsetMs)}`;
}

/** The offset of a grid in milliseconds. */
export function offsetMs(options: GridOptions): number {
  return options.offset === undefined ? 0 : durationMs(options.offset, "the window offset");
}

/** @throws {ConfigurationError} OPTION_INVALID if it is none. */
export function clockOf({ time }: WindowTime): WindowClock | undefined {
  return checkMade<WindowClock>("time", time, "processingTime");
}

/** What such a clock shows; without one windows follow the time in the records. */
export function domainOf(clock: WindowClock | undefined): TimeDomain {
  return clock?.domain ?? "event";
}
