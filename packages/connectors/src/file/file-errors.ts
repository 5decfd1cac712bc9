import { ConnectorError, isTidemarkError, messageOf } from "@tidemark/core";

import { errorCode, mayPass } from "./file-system.ts";

/** What a person can do about a code of the operating system. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  EACCES: "give this process the right to it, or choose another place",
  EPERM: "give this process the right to it, or choose another place",
  EROFS: "the file system is read-only: choose another place",
  ENOSPC: "the disk is full: free some space and start the job again, nothing that was committed is lost",
  EDQUOT: "the disk quota is used up: free some space and start the job again, nothing that was committed is lost",
  EMFILE: "this process has too many open files: raise its limit",
  ENFILE: "this machine has too many open files: raise its limit",
  EEXIST: "something else is there already: remove it, or choose another place",
  ENOTDIR: "a file stands where a directory is needed: remove it, or choose another directory",
  EISDIR: "it is a directory: give the path of a file",
  ENOENT: "it is not there: check the path",
};

function explain(act: string, path: string, error: unknown): string {
  const code = errorCode(error);
  const way = (code !== undefined && WAYS_OUT[code]) || "check the disk and start the job again";
  return `Cannot ${act} ${JSON.stringify(path)}: ${messageOf(error)}; ${way}`;
}

function facts(path: string, error: unknown): Readonly<Record<string, unknown>> {
  return { path, systemCode: errorCode(error) };
}

/** An error of reading as a ConnectorError: SOURCE_MISSING if nothing is at the path, otherwise SOURCE_IO. */
export function sourceError(act: string, path: string, error: unknown): ConnectorError {
  if (isTidemarkError(error)) return error as ConnectorError;
  if (errorCode(error) === "ENOENT") return sourceMissing(path, error);
  return new ConnectorError("SOURCE_IO", explain(act, path, error), {
    cause: error,
    details: facts(path, error),
    retryable: mayPass(error),
  });
}

/** SOURCE_MISSING: no file is at the path. */
export function sourceMissing(path: string, cause?: unknown): ConnectorError {
  return new ConnectorError(
    "SOURCE_MISSING",
    `Cannot read ${JSON.stringify(path)}: expected a file there, found nothing; put it back or correct the path`,
    { cause, details: { path } },
  );
}

/** SOURCE_CHANGED: the file is not the one that the position was taken in. */
export function sourceChanged(path: string, expected: string, found: string): ConnectorError {
  return new ConnectorError(
    "SOURCE_CHANGED",
    `Cannot go on reading ${JSON.stringify(path)}: expected ${expected}, found ${found}; ` +
      "put back the file that the checkpoint was taken with, or start the job from empty state",
    { details: { path, expected, found } },
  );
}

/** An error of writing as a ConnectorError SINK_IO. */
export function sinkError(act: string, path: string, error: unknown): ConnectorError {
  if (isTidemarkError(error)) return error as ConnectorError;
  return new ConnectorError("SINK_IO", explain(act, path, error), {
    cause: error,
    details: facts(path, error),
    retryable: mayPass(error),
  });
}
