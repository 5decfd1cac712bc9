import { ConfigurationError } from "../../errors.ts";

/** After how many milliseconds without records a session that a record belongs to ends. */
export type GapOf = (value: unknown) => number;

/** @throws {ConfigurationError} OPTION_INVALID if a session cannot end after that. */
export function checkedGap(gapMs: number, operatorId: string): number {
  if (gapMs > 0 && Number.isFinite(gapMs)) return gapMs;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot put a record into a session of "${operatorId}": its gap is ${String(gapMs)}, and must be a positive number of milliseconds`,
    { details: { operator: operatorId, found: gapMs } },
  );
}
