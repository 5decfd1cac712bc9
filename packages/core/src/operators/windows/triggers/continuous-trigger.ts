import { shownDuration } from "../../../duration.ts";
import type { Duration } from "../../../time/duration.ts";
import { windowStart } from "../../../time/windows.ts";
import { positiveMs } from "../options.ts";
import { customTrigger, type Trigger } from "./custom-trigger.ts";
import { earlier } from "./earlier.ts";
import type { TriggerContext } from "./trigger.ts";

/**
 * Fires at equal distances of event time while the window has something in it, and when it is complete. However far the
 * watermark goes at once, there is one firing for it: between two nothing can have changed.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the interval is not a positive duration.
 *
 * @example
 * ```ts
 * import { continuousTrigger } from "@tidemark/core/windows";
 *
 * const eachMinute = { trigger: continuousTrigger("1m") };
 * ```
 */
export function continuousTrigger(interval: Duration): Trigger<unknown, number | undefined> {
  const grid = { everyMs: positiveMs(interval, "trigger's interval"), offsetMs: 0 };
  const nextAfter = (time: number): number => windowStart(time, grid) + grid.everyMs;
  return customTrigger({
    name: `continuous ${shownDuration(grid.everyMs)}`,
    timing: "early results",
    state: { initial: undefined, merge: earlier },
    onRecord: (_value, timestamp, context) => {
      if (context.maxTimestamp <= context.watermark) return "fire";
      context.setEventTimer(context.maxTimestamp);
      if (context.get() === undefined) plan(context, nextAfter(Math.max(timestamp, context.watermark)));
      return "continue";
    },
    onEventTime: (time, context) => {
      if (time === context.maxTimestamp) return "fire";
      if (time !== context.get()) return "continue";
      // The watermark has come to the end at once: the last result is next.
      if (context.maxTimestamp <= context.watermark && Number.isFinite(context.maxTimestamp)) return "continue";
      plan(context, nextAfter(Math.max(time, context.watermark)));
      return "fire";
    },
    onProcessingTime: () => "continue",
    onMerge: (context) => {
      if (context.maxTimestamp > context.watermark) context.setEventTimer(context.maxTimestamp);
      const next = context.get();
      if (next !== undefined) context.setEventTimer(next);
    },
  });

  function plan(context: TriggerContext<number | undefined>, next: number): void {
    context.set(Number.isFinite(next) ? next : undefined);
    context.setEventTimer(next);
  }
}
