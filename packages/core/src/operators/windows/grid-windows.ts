import { needTimestamp } from "./need-timestamp.ts";
import { namespaceOf, windowOf } from "./namespace.ts";
import { fixedPanes } from "./panes.ts";
import { domainOf } from "./options.ts";
import type { WindowClock } from "./processing-time.ts";
import { lastMillisecond, type WindowKind } from "./window-kind.ts";
import type { TimeWindow } from "../../time/windows.ts";

/** Windows of time that follow from a record's time alone. */
export function timeWindows(
  operatorId: string,
  clock: WindowClock | undefined,
  windowsAt: (time: number) => readonly TimeWindow[],
): Omit<WindowKind, "contents"> {
  return {
    domain: domainOf(clock),
    maxTimestamp: lastMillisecond,
    panes: fixedPanes({
      windowsOf: (_value, time) => {
        needTimestamp(time, operatorId);
        return windowsAt(time);
      },
      namespaceOf,
      windowOf,
    }),
  };
}
