import { isTidemarkError, messageOf, SerializationError, type TidemarkError, UserCodeError } from "../errors.ts";

/** What was thrown in a user's function, with where it happened. An error of Tidemark keeps its own code. */
export function userCodeError(error: unknown, operatorId: string, what: string): Error {
  if (isTidemarkError(error)) return error.code === "KEY_UNSUPPORTED" ? keyError(error, operatorId, what) : error;
  return new UserCodeError(`Cannot go on: ${what} of "${operatorId}" threw: ${messageOf(error)}`, {
    cause: error,
    details: { operator: operatorId },
  });
}

/** A key refused, with the step that it was for. */
function keyError(error: TidemarkError, operatorId: string, what: string): SerializationError {
  const found = error.message.slice(error.message.indexOf(": ") + 2);
  return new SerializationError(
    "KEY_UNSUPPORTED",
    `Cannot go on: ${what} of "${operatorId}" met a key that is none: ${found}`,
    {
      cause: error,
      details: { ...error.details, operator: operatorId },
    },
  );
}
