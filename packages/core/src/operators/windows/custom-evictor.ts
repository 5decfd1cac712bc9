import type { EvictorRules } from "./evictor.ts";
import type { BringsGeneral } from "./general-windows.ts";
import { generalPlan } from "./window-plan.ts";

/**
 * Removes records from a window when it is fired: made by `countEvictor` and the others, or by {@link customEvictor}.
 *
 * @typeParam T the records.
 */
export interface Evictor<T = unknown> extends EvictorRules<T>, BringsGeneral {}

/**
 * An evictor of your own.
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
  return { ...rules, general: generalPlan };
}
