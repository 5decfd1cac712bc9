import { ConfigurationError } from "../errors.ts";
import type { OperatorContext } from "./operator.ts";

/**
 * For callers without types: what a call did to operator state cannot be taken back.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the step has an output for dead letters.
 */
export function refuseDeadLetters(id: string, { deadLetters }: OperatorContext): void {
  if (deadLetters === undefined) return;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot give "${id}" deadLetters: what a call did to operator state cannot be taken back. Check records in a step before it`,
    { details: { id } },
  );
}
