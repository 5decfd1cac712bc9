import { ConfigurationError } from "../errors.ts";

/**
 * Looks at what a function gave that is called in its turn.
 *
 * @returns what it gave.
 * @throws {TypeError} if it gave a promise: what it does later would be done to another record, or to none.
 */
export function inTurn<R>(given: R): R {
  if (typeof given !== "object" || given === null) return given;
  const { then } = given as { readonly then?: unknown };
  if (typeof then !== "function") return given;
  // The job fails with a sentence. A promise that is rejected later, with nobody to look at it, would end the process first.
  then.call(
    given,
    () => undefined,
    () => undefined,
  );
  throw new TypeError("it gave a promise, and nothing waits for one there. Use asyncMap of @tidemark/core/async");
}

/** The error of a result that belongs to no record: in no checkpoint would it be what it was. */
export function callHasEnded(): TypeError {
  return new TypeError(
    "Cannot emit after the call has ended that the context belongs to. What takes its time goes into asyncMap of @tidemark/core/async",
  );
}

/** The error of a timer that nothing would be called for. */
export function timerWithoutCallback(operatorId: string): ConfigurationError {
  return new ConfigurationError(
    "CALLBACK_MISSING",
    `Cannot go on with a timer of "${operatorId}": its process has no onTimer(...), so nothing would come of it`,
    { details: { operator: operatorId } },
  );
}
