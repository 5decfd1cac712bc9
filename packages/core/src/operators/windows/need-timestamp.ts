import { ConfigurationError } from "../../errors.ts";
import { NO_TIMESTAMP } from "../../time/timestamps.ts";

/** @throws {ConfigurationError} OPTION_INVALID if a record has no time to go by. */
export function needTimestamp(
  timestamp: number,
  operatorId: string,
  what: string = "put a record into a window of",
): void {
  if (timestamp !== NO_TIMESTAMP) return;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot ${what} "${operatorId}": it has no timestamp. Give its source an "eventTime" option`,
    { details: { operator: operatorId } },
  );
}
