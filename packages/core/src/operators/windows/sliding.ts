import { shownDuration } from "../../duration.ts";
import type { Duration } from "../../time/duration.ts";
import { type WindowGrid, windowsOver } from "../../time/windows.ts";
import type { WindowAssigner } from "./assigner.ts";
import { plainOf } from "./window-spec.ts";
import { timeWindows } from "./grid-windows.ts";
import { clockOf, type GridOptions, offsetMs, positiveMs, shownOffset } from "./options.ts";
import { plainPlan } from "./plain-windows.ts";
import { slicedSpans } from "./sliced-spans.ts";
import { generalPlan } from "./window-plan.ts";

/** Windows of one size that begin at equal distances. */
export interface SlidingWindows extends WindowAssigner {
  /** What windows these are. */
  readonly kind: "sliding";
  /** How long a window is, in milliseconds. */
  readonly sizeMs: number;
  /** How long after a window the next one begins, in milliseconds. */
  readonly slideMs: number;
  /** By how much windows begin after the epoch and its multiples, in milliseconds. */
  readonly offsetMs: number;
}

/** Options of {@link sliding}. */
export type SlidingOptions = GridOptions;

/**
 * Windows of one size, a new one each `slide`: `sliding("1h", "5m")` puts each record into the twelve hours that it belongs
 * to. With a slide longer than the size, records between two windows belong to none and are left out.
 *
 * An aggregate with a `merge` is kept once for each slice of time between two starts or ends of windows, and windows share
 * the slices: a record is added once, however many windows it is in. This holds for plain windows; with a trigger, an
 * evictor, allowed lateness or a process, and for an aggregate without `merge`, each window keeps its own accumulator, and
 * a record is added to all of them. `explain()` says which it is.
 *
 * @param size how long each window is. @param slide the time from the start of one to the start of the next.
 * @throws {ConfigurationError} OPTION_INVALID if size or slide is not a positive duration.
 *
 * @example
 * ```ts
 * import { sliding } from "@tidemark/core/windows";
 *
 * const lastHour = sliding("1h", "5m");
 * ```
 */
export function sliding(size: Duration, slide: Duration, options: SlidingOptions = {}): SlidingWindows {
  const sizeMs = positiveMs(size, "window size");
  const grid: WindowGrid = { everyMs: positiveMs(slide, "window slide"), offsetMs: offsetMs(options) };
  const clock = clockOf(options);
  return {
    kind: "sliding",
    sizeMs,
    slideMs: grid.everyMs,
    offsetMs: grid.offsetMs,
    plan: (spec) => {
      const label = `sliding ${shownDuration(sizeMs)} every ${shownDuration(grid.everyMs)}${shownOffset(grid.offsetMs)}`;
      const plain = clock === undefined ? plainOf(spec) : undefined;
      if (plain?.aggregate.merge !== undefined) {
        return plainPlan(plain, `${label}, shared slices`, slicedSpans(spec.id, sizeMs, grid));
      }
      return generalPlan(
        spec,
        label,
        timeWindows(spec.id, clock, (at) => windowsOver(at, sizeMs, grid)),
      );
    },
  };
}
