import { needTimestamp } from "./need-timestamp.ts";
import { namespaceOf, windowOf } from "./namespace.ts";
import { fixedPanes } from "./panes.ts";
import type { TimeDomain } from "./trigger-driver.ts";
import { lastMillisecond, type WindowKind } from "./window-operator.ts";
import type { TimeWindow } from "../../time/windows.ts";

/** Windows of time that follow from a record's time alone. */
export function timeWindows(
  operatorId: string,
  domain: TimeDomain,
  windowsAt: (time: number) => readonly TimeWindow[],
): Omit<WindowKind, "contents"> {
  return {
    domain,
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
