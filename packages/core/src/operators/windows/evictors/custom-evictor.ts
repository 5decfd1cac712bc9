import { checkCallbacks } from "../../../invalid-option.ts";
import type { EvictorRules } from "./evictor.ts";
import type { BringsGeneral } from "../general-windows.ts";
import { generalPlan } from "../window-plan.ts";

/**
 * Removes records from a window when it is fired: made by `countEvictor` and the others, or by {@link customEvictor}.
 *
 * @typeParam T the records.
 */
export interface Evictor<T = unknown> extends EvictorRules<T>, BringsGeneral {}

/**
 * An evictor of your own.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a function is none, or asynchronous.
 *
 * @example
 * ```ts
 * import { customEvictor } from "@tidemark/core/windows";
 *
 * const withoutTests = customEvictor<{ isTest: boolean }>({
 *   name: "without tests",
 *   evictBefore: (records) => records.filter(({ value }) => !value.isTest),
 * });
 * ```
 */
export function customEvictor<T = unknown>(rules: EvictorRules<T>): Evictor<T> {
  checkCallbacks(rules.name, rules, [], ["evictBefore", "evictAfter"]);
  return { ...rules, general: generalPlan };
}
