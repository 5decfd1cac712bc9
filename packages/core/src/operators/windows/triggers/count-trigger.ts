import { positiveCount } from "../options.ts";
import { customTrigger, type Trigger } from "./custom-trigger.ts";

/**
 * Fires when a window has got `count` records, and again after as many further ones.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { countTrigger } from "@tidemark/core/windows";
 *
 * const eachHundred = { trigger: countTrigger(100) };
 * ```
 */
export function countTrigger(count: number): Trigger<unknown, number> {
  positiveCount(count, "a trigger's count");
  return customTrigger({
    name: `count ${count}`,
    timing: "how many records have come",
    state: { initial: 0, merge: (into, from) => into + from },
    onRecord: (_value, _timestamp, context) => {
      const records = context.get() + 1;
      context.set(records >= count ? 0 : records);
      return records >= count ? "fire" : "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: () => "continue",
    onMerge: () => undefined,
  });
}
