import { isTidemarkError, messageOf, SerializationError, type TidemarkError, UserCodeError } from "../errors.ts";
import { shown } from "../shown.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import type { CallSubject } from "./call-subject.ts";

/**
 * What was thrown in a user's function, with where it happened. An error of Tidemark keeps its own code.
 *
 * @param subject what it was called for, where that is known: it goes into the details, as text.
 */
export function userCodeError(error: unknown, operatorId: string, what: string, subject?: CallSubject): Error {
  if (isTidemarkError(error)) return error.code === "KEY_UNSUPPORTED" ? keyError(error, operatorId, what) : error;
  const details = { operator: operatorId, call: what, ...(subject === undefined ? {} : described(subject)) };
  return new UserCodeError(`Cannot go on: ${what} of "${operatorId}" threw: ${messageOf(error)}`, {
    cause: error,
    details,
  });
}

function described(subject: CallSubject): Readonly<Record<string, unknown>> {
  switch (subject.kind) {
    case "record":
      return { record: shown(subject.record), ...timeOf(subject) };
    case "timer":
      return { key: shown(subject.key), timestamp: subject.timestamp };
    case "window":
      return { key: shown(subject.key), window: subject.window };
  }
}

function timeOf({ timestamp }: CallSubject): Readonly<Record<string, unknown>> {
  return timestamp === NO_TIMESTAMP ? {} : { timestamp };
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
