import type { MultipartClient, ObjectClient } from "../state/object-client.ts";

/** What was asked of an object store. */
export interface ObjectRequestCounts {
  /** Reads of objects and of ranges. */
  gets: number;
  /** Writes of objects, refused ones included. */
  puts: number;
  /** Pages of lists. */
  lists: number;
  /** Requests that delete, each of which may name many keys. */
  deletes: number;
  /** Requests that have to do with writing in parts. */
  parts: number;
  /** Bytes that reads gave. */
  readBytes: number;
  /** Bytes that writes were given, parts included. */
  writtenBytes: number;
}

/** A client that counts. */
export interface CountingObjectClient {
  /** The client to hand on. Its requests are counted. */
  readonly client: ObjectClient;
  /** Since the beginning, or since the last {@link reset}. */
  readonly counts: Readonly<ObjectRequestCounts>;
  /** Counts from 0 again. */
  reset(): void;
}

/**
 * Counts what goes through a client: the requests of a checkpoint, of a restore, of a day.
 *
 * @example
 * ```ts
 * import type { ObjectClient } from "@tidemark/core";
 * import { countingObjectClient } from "@tidemark/core/testing";
 *
 * const empty: ObjectClient = {
 *   get: async () => undefined,
 *   put: async () => "etag",
 *   list: async () => [],
 *   delete: async () => undefined,
 * };
 * const { client, counts } = countingObjectClient(empty);
 * await client.put("jobs/totals/head", new Uint8Array(3), "absent");
 * await client.get("jobs/totals/head");
 * console.log(counts.puts, counts.gets, counts.writtenBytes);
 * // prints 1 1 3
 * ```
 */
export function countingObjectClient(inner: ObjectClient): CountingObjectClient {
  const counts: ObjectRequestCounts = none();
  const client: ObjectClient = {
    get: async (key, range, request) => {
      counts.gets++;
      const found = await inner.get(key, range, request);
      counts.readBytes += found?.bytes.length ?? 0;
      return found;
    },
    put: (key, bytes, condition, request) => {
      counts.puts++;
      counts.writtenBytes += bytes.length;
      return inner.put(key, bytes, condition, request);
    },
    list: (prefix, startAfter, request) => {
      counts.lists++;
      return inner.list(prefix, startAfter, request);
    },
    delete: (keys, request) => {
      counts.deletes++;
      return inner.delete(keys, request);
    },
    ...(inner.multipart === undefined ? {} : { multipart: countingMultipart(inner.multipart, counts) }),
  };
  return { client, counts, reset: () => void Object.assign(counts, none()) };
}

function countingMultipart(inner: MultipartClient, counts: ObjectRequestCounts): MultipartClient {
  const counted = <T>(request: T): T => {
    counts.parts++;
    return request;
  };
  return {
    create: (key, request) => counted(inner.create(key, request)),
    uploadPart: (upload, part, request) => {
      counts.writtenBytes += part.bytes.length;
      return counted(inner.uploadPart(upload, part, request));
    },
    complete: (upload, parts, request) => counted(inner.complete(upload, parts, request)),
    abort: (upload, request) => counted(inner.abort(upload, request)),
    listUploads: (prefix, request) => counted(inner.listUploads(prefix, request)),
  };
}

function none(): ObjectRequestCounts {
  return { gets: 0, puts: 0, lists: 0, deletes: 0, parts: 0, readBytes: 0, writtenBytes: 0 };
}
