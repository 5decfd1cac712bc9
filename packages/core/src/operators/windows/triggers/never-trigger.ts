import { customTrigger, type Trigger } from "./custom-trigger.ts";
import type { TriggerResult } from "./trigger.ts";

/**
 * Fires never: for windows that others empty, or to hold results back.
 *
 * @example
 * ```ts
 * import { neverTrigger } from "@tidemark/core/windows";
 *
 * const silent = { trigger: neverTrigger() };
 * ```
 */
export function neverTrigger(): Trigger<unknown, undefined> {
  const go = (): TriggerResult => "continue";
  return customTrigger({
    name: "never",
    state: { initial: undefined, merge: () => undefined },
    onRecord: go,
    onEventTime: go,
    onProcessingTime: go,
    onMerge: () => undefined,
  });
}
