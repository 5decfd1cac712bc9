import { customTrigger, type Trigger } from "./custom-trigger.ts";
import type { TriggerContext } from "./trigger.ts";

/**
 * Fires when processing time reaches the end of a window: what windows of processing time do by themselves.
 *
 * @example
 * ```ts
 * import { processingTimeTrigger } from "@tidemark/core/windows";
 *
 * const byTheClock = { trigger: processingTimeTrigger() };
 * ```
 */
export function processingTimeTrigger(): Trigger<unknown, undefined> {
  const atEnd = (context: TriggerContext<undefined>): void => context.setProcessingTimer(context.maxTimestamp);
  return customTrigger({
    name: "processing time",
    timing: "processing time",
    state: { initial: undefined, merge: () => undefined },
    onRecord: (_value, _timestamp, context) => {
      atEnd(context);
      return "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: (time, context) => (time === context.maxTimestamp ? "fire" : "continue"),
    onMerge: atEnd,
  });
}
