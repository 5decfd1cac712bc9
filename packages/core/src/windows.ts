/**
 * Ways to put records into windows, and to say when a window emits its result.
 *
 * @example
 * ```ts
 * import { session, sliding, tumbling } from "@tidemark/core/windows";
 *
 * const hourly = tumbling("1h");
 * const lastHour = sliding("1h", "5m");
 * const visits = session("30m");
 * ```
 *
 * @module
 */
export type {
  WindowAssigner,
  WindowFunction,
  WindowPlan,
  WindowResult,
  WindowSpec,
} from "./operators/windows/assigner.ts";
export { countWindows, type CountWindows, type CountWindowsOptions } from "./operators/windows/count.ts";
export { eventTimeTrigger, type EventTimeTriggerOptions } from "./operators/windows/event-time-trigger.ts";
export type { Evictor, EvictorContext, WindowRecord } from "./operators/windows/evictor.ts";
export { countEvictor, deltaEvictor, type EvictorOptions, timeEvictor } from "./operators/windows/evictors.ts";
export { global, type GlobalWindows } from "./operators/windows/global.ts";
export type { GridOptions, WindowTime } from "./operators/windows/options.ts";
export { session, type SessionOptions, type SessionWindows } from "./operators/windows/session.ts";
export { sliding, type SlidingOptions, type SlidingWindows } from "./operators/windows/sliding.ts";
export type { TimeDomain } from "./operators/windows/trigger-driver.ts";
export type { Trigger, TriggerContext, TriggerResult, TriggerState } from "./operators/windows/trigger.ts";
export {
  continuousProcessingTrigger,
  continuousTrigger,
  countTrigger,
  neverTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from "./operators/windows/triggers.ts";
export { tumbling, type TumblingOptions, type TumblingWindows } from "./operators/windows/tumbling.ts";
export type { TimeWindow } from "./time/windows.ts";
