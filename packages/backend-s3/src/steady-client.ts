import { isTidemarkError, type ObjectClient, StateError } from "@tidemark/core";
import type { Requests } from "./requests.ts";

/**
 * A client whose requests have a time limit and are made again, with pauses, until there is an answer: for callers that can
 * live with a write of their own being what a condition finds. What fails in spite of that is not to be asked again.
 */
export function steadyClient(requests: Requests): ObjectClient {
  return {
    get: (key, range) => settled(requests.get(key, range)),
    put: (key, bytes, condition) => settled(requests.putRepeated(key, bytes, condition)),
    list: (prefix, startAfter) => settled(requests.list(prefix, startAfter)),
    delete: (keys) => settled(requests.delete(keys)),
  };
}

function settled<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown): never => {
    if (!isTidemarkError(error) || !error.retryable) throw error;
    throw new StateError("STATE_IO", error.message, { cause: error });
  });
}
