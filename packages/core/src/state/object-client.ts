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
  /** Writing in parts. A client without it is given large objects in one piece. */
  readonly multipart?: MultipartClient;
}

/** An upload in parts that was begun and is neither completed nor aborted. */
export interface ObjectUpload {
  /** The object that it is to become. */
  readonly key: string;
  /** The id that the store gave it. */
  readonly uploadId: string;
}

/** Objects written in parts: nothing is to be seen of them before they are completed. Rejects as {@link ObjectClient}. */
export interface MultipartClient {
  /** Begins an upload. */
  create(key: string, request?: ObjectRequest): Promise<ObjectUpload>;
  /** Writes one part, counted from 1; writing it again replaces it. Resolves with its etag. */
  uploadPart(
    upload: ObjectUpload,
    part: { readonly number: number; readonly bytes: Uint8Array },
    request?: ObjectRequest,
  ): Promise<string>;
  /**
   * Makes an object of the parts whose etags are given, in order. Resolves with its etag, or with `undefined` if the
   * condition did not hold, or if there is no such upload any more.
   */
  complete(
    upload: ObjectUpload,
    parts: { readonly etags: readonly string[]; readonly condition: "always" | "absent" },
    request?: ObjectRequest,
  ): Promise<string | undefined>;
  /** Gives an upload up, with its parts. One that is over is no error. */
  abort(upload: ObjectUpload, request?: ObjectRequest): Promise<void>;
  /** Uploads under a prefix that are not over: some of them; abort these, and ask again. */
  listUploads(prefix: string, request?: ObjectRequest): Promise<readonly ObjectUpload[]>;
}
