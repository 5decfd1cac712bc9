import { shownDuration } from "../../duration.ts";
import { StateError } from "../../errors.ts";
import { SLICE_STATE } from "../../state/entry-codec.ts";
import { sliceOver, type TimeWindow, windowStart, windowsOver, type WindowGrid } from "../../time/windows.ts";
import { spanSlots, type WindowSpans } from "./window-spans.ts";

/** Windows that overlap share slices of time: each slice goes with the last window that it is part of. */
export function slicedSpans(operatorId: string, sizeMs: number, grid: WindowGrid): WindowSpans {
  const spanAt = (timestamp: number): TimeWindow => sliceOver(timestamp, sizeMs, grid);
  const lastEndOf = ({ start }: TimeWindow): number => windowStart(start, grid) + sizeMs;
  return {
    slots: spanSlots(SLICE_STATE),
    isShared: true,
    spanAt,
    lastEndOf,
    windowsOf: ({ start }) => windowsOver(start, sizeMs, grid),
    spansOf: (window) => {
      const slices: TimeWindow[] = [];
      for (let { start } = window; start < window.end; start = (slices.at(-1) as TimeWindow).end) {
        slices.push(spanAt(start));
      }
      return slices;
    },
    checked: (span) => {
      const now = spanAt(span.start);
      if (now.start === span.start && now.end === span.end && lastEndOf(span) > span.start) return span;
      throw foreignSlice(operatorId, sizeMs, grid, span);
    },
  };
}

/** A restored slice that the windows of now are not made of would be lost for them. */
function foreignSlice(operatorId: string, sizeMs: number, grid: WindowGrid, found: TimeWindow): StateError {
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore slices of windows of "${operatorId}": found one from ${found.start} to ${found.end}, and the windows are now ` +
      `${shownDuration(sizeMs)} long, one each ${shownDuration(grid.everyMs)} with an offset of ${shownDuration(grid.offsetMs)}. Use windows as before, or give the step a new id`,
    { details: { operator: operatorId, found } },
  );
}
