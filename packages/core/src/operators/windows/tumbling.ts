import { shownDuration } from "../../duration.ts";
import type { Duration } from "../../time/duration.ts";
import { type TimeWindow, windowStart, type WindowGrid } from "../../time/windows.ts";
import { type AlignedWindows, alignedSpans } from "./aligned-spans.ts";
import type { WindowAssigner } from "./assigner.ts";
import { plainOf } from "./window-spec.ts";
import { generalOf } from "./general-windows.ts";
import { timeWindows } from "./grid-windows.ts";
import { clockOf, type GridOptions, offsetMs, positiveMs, shownOffset } from "./options.ts";
import { plainPlan } from "./plain-windows.ts";

/** Cuts time into windows of one size that do not overlap. */
export interface TumblingWindows extends WindowAssigner {
  /** What windows these are. */
  readonly kind: "tumbling";
  /** How long a window is, in milliseconds. */
  readonly sizeMs: number;
  /** By how much windows begin after the epoch and its multiples, in milliseconds. */
  readonly offsetMs: number;
}

/** Options of {@link tumbling}. */
export type TumblingOptions = GridOptions;

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
  const grid: WindowGrid = { everyMs: positiveMs(size, "window size"), offsetMs: offsetMs(options) };
  const clock = clockOf(options);
  return {
    kind: "tumbling",
    sizeMs: grid.everyMs,
    offsetMs: grid.offsetMs,
    plan: (spec, general) => {
      const label = `tumbling ${shownDuration(grid.everyMs)}${shownOffset(grid.offsetMs)}`;
      const plain = clock === undefined ? plainOf(spec) : undefined;
      if (plain !== undefined) return plainPlan(plain, label, alignedSpans(spec.id, gridWindows(grid)));
      const kind = timeWindows(spec.id, clock, (at) => [windowAt(at, grid)]);
      return generalOf(spec, clock?.general ?? general)(spec, label, kind);
    },
  };
}

function windowAt(timestamp: number, grid: WindowGrid): TimeWindow {
  const start = windowStart(timestamp, grid);
  return { start, end: start + grid.everyMs };
}

/** Such windows, which restored ones have to be like. */
function gridWindows(grid: WindowGrid): AlignedWindows {
  return {
    windowAt: (timestamp) => windowAt(timestamp, grid),
    refusal: ({ start, end }) =>
      end - start === grid.everyMs && windowStart(start, grid) === start
        ? undefined
        : `the windows are now ${shownDuration(grid.everyMs)} long with an offset of ${shownDuration(grid.offsetMs)}`,
  };
}
