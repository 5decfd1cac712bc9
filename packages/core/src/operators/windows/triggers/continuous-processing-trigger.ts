import { shownDuration } from "../../../duration.ts";
import type { Duration } from "../../../time/duration.ts";
import { windowStart } from "../../../time/windows.ts";
import { positiveMs } from "../options.ts";
import { customTrigger, type Trigger } from "./custom-trigger.ts";
import { earlier } from "./earlier.ts";
import type { TriggerContext } from "./trigger.ts";

/**
 * Fires at equal distances of processing time, from the first record on.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the interval is not a positive duration.
 *
 * @example
 * ```ts
 * import { continuousProcessingTrigger, eventTimeTrigger } from "@tidemark/core/windows";
 *
 * const preview = { trigger: eventTimeTrigger({ early: continuousProcessingTrigger("10s") }) };
 * ```
 */
export function continuousProcessingTrigger(interval: Duration): Trigger<unknown, number | undefined> {
  const grid = { everyMs: positiveMs(interval, "trigger's interval"), offsetMs: 0 };
  const plan = (context: TriggerContext<number | undefined>, now: number): void => {
    const next = windowStart(now, grid) + grid.everyMs;
    context.set(Number.isFinite(next) ? next : undefined);
    context.setProcessingTimer(next);
  };
  return customTrigger({
    name: `continuous ${shownDuration(grid.everyMs)} of processing time`,
    timing: "processing time",
    state: { initial: undefined, merge: earlier },
    onRecord: (_value, _timestamp, context) => {
      if (context.get() === undefined) plan(context, context.now());
      return "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: (time, context) => {
      if (time !== context.get()) return "continue";
      plan(context, Math.max(time, context.now()));
      return "fire";
    },
    onMerge: (context) => {
      const next = context.get();
      if (next !== undefined) context.setProcessingTimer(next);
    },
  });
}
