import { ConfigurationError } from "../../errors.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { WindowAssigner } from "./assigner.ts";
import { fixedPanes } from "./panes.ts";
import type { WindowKind } from "./window-kind.ts";
import { generalPlan } from "./window-plan.ts";

/** One window for each key that never ends. */
export interface GlobalWindows extends WindowAssigner {
  /** Tells them from other windows. */
  readonly kind: "global";
}

const ALL_TIME: TimeWindow = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
const NAMESPACE = "global";

/** The windows of {@link global}, for the engine. */
export const globalKind: Omit<WindowKind, "contents"> = {
  domain: "event",
  maxTimestamp: ({ end }) => end,
  panes: fixedPanes({
    windowsOf: () => [ALL_TIME],
    namespaceOf: () => NAMESPACE,
    windowOf: () => ALL_TIME,
  }),
};

/**
 * One window for all records of a key. It never ends by itself: give the step a `trigger` that fires it. What it keeps is
 * forgotten only if the trigger purges it. Results get the time of the record, or of the timer, that made the trigger fire.
 * A step without a trigger is refused with OPTION_INVALID.
 *
 * @example
 * ```ts
 * import { continuousTrigger, global } from "@tidemark/core/windows";
 *
 * const soFar = global();
 * const eachMinute = { trigger: continuousTrigger("1m") };
 * ```
 */
export function global(): GlobalWindows {
  return {
    kind: "global",
    plan: (spec) => {
      if (spec.trigger !== undefined) return generalPlan(spec, "global", globalKind);
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot use global windows in "${spec.id}" without a trigger: they never end, so nothing would ever come of them`,
        { details: { operator: spec.id } },
      );
    },
  };
}
