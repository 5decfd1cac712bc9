import { type Duration, durationMs } from "../../time/duration.ts";
import type { BringsGeneral } from "./general-windows.ts";
import { generalPlan } from "./window-plan.ts";

/** For how long after its end a window still takes records: made by {@link upTo}. */
export interface Lateness extends BringsGeneral {
  /** In milliseconds. */
  readonly latenessMs: number;
}

/**
 * How late records may be: `{ allowedLateness: upTo("10m") }`.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no duration.
 *
 * @example
 * ```ts
 * import { upTo } from "@tidemark/core/windows";
 *
 * const patient = { allowedLateness: upTo("10m") };
 * ```
 */
export function upTo(duration: Duration): Lateness {
  return { latenessMs: durationMs(duration, "allowedLateness"), general: generalPlan };
}
