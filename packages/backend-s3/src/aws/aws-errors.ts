import { ConfigurationError, isTidemarkError, type PutCondition, StateError, type TidemarkError } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";

/** Answers that another attempt may change, though their status does not say so. */
const PASSING: ReadonlySet<string> = new Set([
  "ConditionalRequestConflict",
  "ExpiredToken",
  "InternalError",
  // A part that was sent twice has come twice: the upload is given up, and written anew.
  "InvalidPart",
  "OperationAborted",
  "RequestTimeTooSkewed",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TruncatedBody",
]);

/** Answers below 500 that say: not now. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** What cannot be reached because of how the program was set up. */
const LASTING: ReadonlySet<string> = new Set(["CredentialsProviderError", "InvalidSignatureException"]);

/** An error of the SDK as one of ours: `retryable` unless the store has said no for good. A bucket that is missing is a wrong option. */
export function awsError(what: string, error: unknown): TidemarkError {
  if (isTidemarkError(error)) return error;
  const { name, status } = factsOf(error);
  // The SDK marks the errors that it has read whole. What was cut off says nothing for good.
  const wasHeard = error instanceof Error && "$fault" in error;
  const detail = [name, status].filter((fact) => fact !== undefined).join(", ");
  const message = `Cannot ${what}: ${messageOf(error)} (${detail})`;
  const options = { cause: error, details: { name, status } };
  if (name === "NoSuchBucket") {
    const advice = "Create the bucket, or correct its name: the backend makes none";
    return new ConfigurationError("OPTION_INVALID", `${message}. ${advice}`, options);
  }
  return new StateError("STATE_IO", message, {
    ...options,
    retryable: isPassing(name, wasHeard ? status : undefined),
  });
}

/** Whether there is no such object. A bucket that is missing is something else. */
export function isAbsent(error: unknown): boolean {
  const { name, status } = factsOf(error);
  return name === "NoSuchKey" || (name === "NotFound" && status === 404);
}

/** Whether a put did not take place because its condition did not hold. */
export function isRefused(error: unknown, condition: PutCondition): boolean {
  // What must match something fails with 404 where there is nothing.
  return factsOf(error).status === 412 || (typeof condition === "object" && isAbsent(error));
}

function isPassing(name: string, status: number | undefined): boolean {
  if (PASSING.has(name)) return true;
  // Without a status nothing was heard: the request may have arrived all the same.
  if (status === undefined) return !LASTING.has(name);
  return PASSING_STATUS.has(status) || (status >= 500 && status !== 501);
}

function factsOf(error: unknown): { readonly name: string; readonly status: number | undefined } {
  if (!(error instanceof Error)) return { name: "unknown", status: undefined };
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return { name: error.name, status: $metadata?.httpStatusCode };
}
