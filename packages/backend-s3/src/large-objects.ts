import type { MultipartClient, ObjectUpload } from "@tidemark/core";
import { nameOrigin } from "@tidemark/core/internal";
import type { Requests } from "./requests.ts";

/** What an object is cut into. Amazon takes parts of 5 MiB to 5 GiB, the last one may be smaller, and 10,000 of them. */
export const PART_BYTES: number = 16 * 1024 * 1024;

/** Pages of uploads that one look for leftovers goes through: each page is aborted before the next is asked for. */
const PAGES_MAX = 1_000;

/** Where a large object goes. */
export interface LargeObjectOptions {
  readonly requests: Requests;
  readonly multipart: MultipartClient;
  readonly partBytes: number;
}

/**
 * Writes an object in parts, if there is none of that key. What fails on the way is given up, so that no parts stay behind;
 * what a crash leaves is found by {@link abortLeftovers}.
 *
 * @returns its etag; `undefined` if something was there, be it the same from a first arrival of the last request.
 */
export async function putInParts(
  key: string,
  bytes: Uint8Array,
  { requests, multipart, partBytes }: LargeObjectOptions,
): Promise<string | undefined> {
  const upload = await requests.repeated(`begin to write "${key}"`, (request) => multipart.create(key, request));
  try {
    const etags: string[] = [];
    for (let start = 0; start < bytes.length; start += partBytes) {
      const part = { number: etags.length + 1, bytes: bytes.subarray(start, start + partBytes) };
      const act = `write part ${part.number} of "${key}"`;
      etags.push(await requests.repeated(act, (request) => multipart.uploadPart(upload, part, request)));
    }
    const parts = { etags, condition: "absent" } as const;
    const etag = await requests.repeated(`finish writing "${key}"`, (request) =>
      multipart.complete(upload, parts, request),
    );
    if (etag === undefined) await abort(upload, { requests, multipart });
    return etag;
  } catch (error) {
    // Whether it was finished or not, nothing of it is left: the caller writes it anew, or gives it up.
    await abort(upload, { requests, multipart }).catch(() => undefined);
    throw error;
  }
}

/** Gives up what processes of older generations began to write under a prefix and did not finish. */
export async function abortLeftovers(requests: Requests, prefix: string, generation: number): Promise<void> {
  const { multipart } = requests;
  if (multipart === undefined) return;
  for (let page = 0; page < PAGES_MAX; page++) {
    const uploads = await requests.repeated(`list uploads under "${prefix}"`, (request) =>
      multipart.listUploads(prefix, request),
    );
    const left = uploads.filter((upload) => {
      const origin = nameOrigin(upload.key.slice(prefix.length));
      return origin !== undefined && origin.generation < generation;
    });
    for (const upload of left) await abort(upload, { requests, multipart });
    if (left.length === 0) return;
  }
}

function abort(
  upload: ObjectUpload,
  { requests, multipart }: { readonly requests: Requests; readonly multipart: MultipartClient },
): Promise<void> {
  return requests.repeated(`give up writing "${upload.key}"`, (request) => multipart.abort(upload, request));
}
