import { isTidemarkError, messageOf, UserCodeError } from "../errors.ts";

/** What was thrown in a user's function, with where it happened. An error of Tidemark keeps its own code. */
export function userCodeError(error: unknown, operatorId: string, what: string): Error {
  if (isTidemarkError(error)) return error;
  return new UserCodeError(`Cannot go on: ${what} of "${operatorId}" threw: ${messageOf(error)}`, {
    cause: error,
    details: { operator: operatorId },
  });
}
