import { customTrigger, type Trigger } from "./custom-trigger.ts";
import type { TriggerResult } from "./trigger.ts";

/**
 * Forgets what is in a window whenever another trigger fires it, so that each result is made of the records since the one
 * before.
 *
 * @example
 * ```ts
 * import { countTrigger, purgingTrigger } from "@tidemark/core/windows";
 *
 * const eachHundredAnew = { trigger: purgingTrigger(countTrigger(100)) };
 * ```
 */
export function purgingTrigger<T, S>(trigger: Trigger<T, S>): Trigger<T, S> {
  const purging = (result: TriggerResult): TriggerResult => (result === "fire" ? "fire-and-purge" : result);
  return customTrigger({
    name: `purging ${trigger.name}`,
    timing: trigger.timing,
    state: trigger.state,
    onRecord: (value, timestamp, context) => purging(trigger.onRecord(value, timestamp, context)),
    onEventTime: (time, context) => purging(trigger.onEventTime(time, context)),
    onProcessingTime: (time, context) => purging(trigger.onProcessingTime(time, context)),
    ...(trigger.onMerge === undefined ? {} : { onMerge: (context) => trigger.onMerge?.(context) }),
  });
}
