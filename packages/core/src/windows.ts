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
export type { WindowAssigner, WindowResult } from "./operators/windows/assigner.ts";
export type { WindowFunction, WindowPlan, WindowSpec } from "./operators/windows/window-spec.ts";
export { countWindows, type CountWindows, type CountWindowsOptions } from "./operators/windows/count.ts";
export { eventTimeTrigger, type EventTimeTriggerOptions } from "./operators/windows/triggers/event-time-trigger.ts";
export { customEvictor, type Evictor } from "./operators/windows/evictors/custom-evictor.ts";
export { customTrigger, type Trigger } from "./operators/windows/triggers/custom-trigger.ts";
export type { EvictorContext, EvictorRules, WindowRecord } from "./operators/windows/evictors/evictor.ts";
export { countEvictor } from "./operators/windows/evictors/count-evictor.ts";
export { deltaEvictor } from "./operators/windows/evictors/delta-evictor.ts";
export { type EvictorOptions } from "./operators/windows/evictors/placed-evictor.ts";
export { timeEvictor } from "./operators/windows/evictors/time-evictor.ts";
export type { BringsGeneral, GeneralPlanner } from "./operators/windows/general-windows.ts";
export { global, type GlobalWindows } from "./operators/windows/global.ts";
export { type Lateness, upTo } from "./operators/windows/lateness.ts";
export { windowProcess, type WindowProcessPlan } from "./operators/windows/make-window-process.ts";
export type { GridOptions, WindowTime } from "./operators/windows/options.ts";
export { processingTime, type WindowClock } from "./operators/windows/processing-time.ts";
export { session, type SessionOptions, type SessionWindows } from "./operators/windows/session.ts";
export { sliding, type SlidingOptions, type SlidingWindows } from "./operators/windows/sliding.ts";
export type { TimeDomain } from "./operators/windows/triggers/trigger-driver.ts";
export type {
  TriggerContext,
  TriggerResult,
  TriggerRules,
  TriggerState,
} from "./operators/windows/triggers/trigger.ts";
export { continuousProcessingTrigger } from "./operators/windows/triggers/continuous-processing-trigger.ts";
export { continuousTrigger } from "./operators/windows/triggers/continuous-trigger.ts";
export { countTrigger } from "./operators/windows/triggers/count-trigger.ts";
export { neverTrigger } from "./operators/windows/triggers/never-trigger.ts";
export { processingTimeTrigger } from "./operators/windows/triggers/processing-time-trigger.ts";
export { purgingTrigger } from "./operators/windows/triggers/purging-trigger.ts";
export { tumbling, type TumblingOptions, type TumblingWindows } from "./operators/windows/tumbling.ts";
export type { TimeWindow } from "./time/windows.ts";
