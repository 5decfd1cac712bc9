import { checkCallbacks } from "../../../invalid-option.ts";
import type { BringsGeneral } from "../general-windows.ts";
import type { TriggerRules } from "./trigger.ts";
import { generalPlan } from "../window-plan.ts";

/**
 * Decides when a window emits its result: made by `countTrigger` and the others, or by {@link customTrigger}.
 *
 * @typeParam T the records. @typeParam S what it keeps for each window.
 */
export interface Trigger<T = unknown, S = unknown> extends TriggerRules<T, S>, BringsGeneral {}

/**
 * A trigger of your own.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a function is missing, is none, or asynchronous.
 *
 * @example
 * ```ts
 * import { customTrigger } from "@tidemark/core/windows";
 *
 * const atTheBell = customTrigger({
 *   name: "at the bell",
 *   state: { initial: undefined },
 *   onRecord: (record: { bell: boolean }) => (record.bell ? "fire-and-purge" : "continue"),
 *   onEventTime: () => "continue",
 *   onProcessingTime: () => "continue",
 * });
 * ```
 */
export function customTrigger<T = unknown, S = undefined>(rules: TriggerRules<T, S>): Trigger<T, S> {
  checkCallbacks(rules.name, rules, ["onRecord", "onEventTime", "onProcessingTime"], ["onMerge"]);
  return { ...rules, general: generalPlan };
}
