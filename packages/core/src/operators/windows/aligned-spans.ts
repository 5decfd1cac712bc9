import { StateError } from "../../errors.ts";
import { WINDOW_STATE } from "../../state/entry-codec.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { spanSlots, type WindowSpans } from "./window-spans.ts";

/** Windows that do not overlap and are the same for all keys. */
export interface AlignedWindows {
  /** The window that a time lies in: a pure function. */
  windowAt(timestamp: number): TimeWindow;
  /** Why a restored window that is none of these cannot be gone on with; `undefined`: it is kept as it was stored. */
  refusal?(window: TimeWindow): string | undefined;
}

/** Windows that do not overlap: each is a span of its own. */
export function alignedSpans(operatorId: string, windows: AlignedWindows): WindowSpans {
  return {
    slots: spanSlots(WINDOW_STATE),
    isShared: false,
    spanAt: (timestamp) => windows.windowAt(timestamp),
    lastEndOf: ({ end }) => end,
    windowsOf: (window) => [window],
    spansOf: (window) => [window],
    checked: (window) => checkedWindow(operatorId, windows, window),
  };
}

/** A restored window that is never made again is fired like any other, but a mistake must not pass for one. */
function checkedWindow(operatorId: string, windows: AlignedWindows, window: TimeWindow): TimeWindow {
  const refusal = windows.refusal?.(window);
  if (refusal === undefined) return window;
  throw new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore windows of "${operatorId}": found one from ${window.start} to ${window.end}, and ${refusal}. ` +
      "Use windows as before, or give the step a new id",
    { details: { operator: operatorId, found: window } },
  );
}
