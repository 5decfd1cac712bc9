/**
 * Ways to put records into windows of event time.
 *
 * @example
 * ```ts
 * import { tumbling } from "@tidemark/core/windows";
 *
 * const hourly = tumbling("1h");
 * ```
 *
 * @module
 */
export { tumbling } from "./time/windows.ts";
export type { TimeWindow, TumblingOptions, TumblingWindows, WindowAssigner } from "./time/windows.ts";
