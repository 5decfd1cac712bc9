import type { BringsGeneral } from "./general-windows.ts";
import type { TimeDomain } from "./triggers/trigger-driver.ts";
import { generalPlan } from "./window-plan.ts";

/** A clock that windows follow instead of the time in the records. */
export interface WindowClock extends BringsGeneral {
  /** What it shows. */
  readonly domain: TimeDomain;
}

/**
 * The time at which records are processed: `{ time: processingTime }`. Results depend on timing, and no record is late.
 *
 * @example
 * ```ts
 * import { processingTime, tumbling } from "@tidemark/core/windows";
 *
 * const byTheClock = tumbling("1m", { time: processingTime });
 * ```
 */
export const processingTime: WindowClock = { domain: "processing", general: generalPlan };
