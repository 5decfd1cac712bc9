/**
 * What Tidemark needs of an object store, so that any client can be handed in and a simulation can stand behind it.
 *
 * @module
 */

/** An object's bytes, with the tag that conditional writes compare. */
export interface StoredObject {
  /** What was asked for: all of it, or a range. */
  readonly bytes: Uint8Array;
  /** Another one after each put. */
  readonly etag: string;
}

/** When a put may happen. `"absent"`: only if there is no object of that key. An etag: only if that is what is there. */
export type PutCondition = "always" | "absent" | { readonly etag: string };

/** What goes with one request. */
export interface ObjectRequest {
  /** Aborted when nobody waits for the answer any more. A client may ignore it. */
  readonly signal?: AbortSignal;
}

/**
 * A flat store of immutable objects. Every method rejects with a StateError STATE_IO, `retryable: true`, when the outcome
 * is unknown.
 */
export interface ObjectClient {
  /** The object, or a range of its bytes; `undefined` if there is none. */
  get(
    key: string,
    range?: { readonly offset: number; readonly length: number },
    request?: ObjectRequest,
  ): Promise<StoredObject | undefined>;
  /** Writes an object. Resolves with its etag, or with `undefined` if the condition did not hold. */
  put(key: string, bytes: Uint8Array, condition: PutCondition, request?: ObjectRequest): Promise<string | undefined>;
  /** One page of keys under a prefix, in order, after `startAfter`. An empty page is the end. */
  list(prefix: string, startAfter?: string, request?: ObjectRequest): Promise<readonly string[]>;
  /** Deletes objects. A key that names nothing is no error. */
  delete(keys: readonly string[], request?: ObjectRequest): Promise<void>;
}
