import { ConfigurationError, type Duration } from "@tidemark/core";
import { durationMs } from "@tidemark/core/internal";

/** A request without an answer by then has failed. */
export const REQUEST_TIMEOUT: Duration = "30s";

/** @throws {ConfigurationError} OPTION_INVALID if it is no duration, or none at all. */
export function requestTimeoutMs(requestTimeout: Duration): number {
  const timeoutMs = durationMs(requestTimeout, "requestTimeout");
  if (timeoutMs > 0) return timeoutMs;
  const message = 'Cannot use requestTimeout "0": no request would ever be answered in time';
  throw new ConfigurationError("OPTION_INVALID", message);
}
