import type { StateDescriptors } from "../../state/descriptors.ts";
import type { BringsGeneral } from "./general-windows.ts";
import type { AnyWindowProcess, WindowProcess } from "./window-process.ts";
import { generalPlan } from "./window-plan.ts";

type None = Record<never, never>;

/**
 * A process for the windows of a stream: made by {@link windowProcess}.
 *
 * @typeParam V what it gets. @typeParam K the key. @typeParam R its results.
 */
export interface WindowProcessPlan<V, K, R> extends BringsGeneral {
  /** For the engine. */
  readonly process: AnyWindowProcess;
  /** Carries the types; never set. */
  readonly carries?: (value: V, key: K) => R;
}

/**
 * A process for the windows of a stream, for `process(...)`, or for what comes of `aggregate` and `reduce`.
 *
 * @example
 * ```ts
 * import { collect } from "@tidemark/backend-memory";
 * import { fromArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { count } from "@tidemark/core/aggregates";
 * import { tumbling, windowProcess } from "@tidemark/core/windows";
 *
 * const sales = [{ shop: "north", at: 0 }, { shop: "north", at: 5 }];
 * const counts = pipeline("sales")
 *   .source("sales", fromArray(sales), { eventTime: (sale) => sale.at })
 *   .keyBy((sale) => sale.shop)
 *   .window("hourly", tumbling("1h"))
 *   .aggregate(count(), windowProcess({ onWindow: (n, { key }) => [`${key} sold ${n}`] }));
 * console.log(await collect(counts));
 * // prints ["north sold 2"]
 * ```
 */
export function windowProcess<V, K, R, S extends StateDescriptors = None, G extends StateDescriptors = None>(
  process: WindowProcess<V, K, R, S, G>,
): WindowProcessPlan<V, K, R> {
  return { process: process as unknown as AnyWindowProcess, general: generalPlan };
}
