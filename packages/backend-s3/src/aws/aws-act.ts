import { StateError } from "@tidemark/core";
import { awsError } from "./aws-errors.ts";

/** Makes a request; what the SDK throws becomes an error of ours. */
export async function act<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw awsError(what, error);
  }
}

/** The tag of an object. @throws {StateError} STATE_IO if the store gave none. */
export function tagOf(key: string, etag: string | undefined): string {
  if (etag !== undefined) return etag;
  throw new StateError("STATE_IO", `Cannot use the store: it gave no ETag for "${key}"`, { details: { key } });
}

/** What goes along with a command. */
export function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
