/** A bucket of its own for each test file, and what is in it: raw requests, nothing of Tidemark. */
import { randomBytes } from "node:crypto";
import type { S3Place } from "./place.ts";
import { type S3Answer, type S3Request, signedRequest } from "./signed-request.ts";

/** A bucket on a server. */
export interface Bucket {
  readonly name: string;
  readonly place: S3Place;
  /** One request about a key of it, or about the bucket. */
  ask(request: Omit<S3Request, "path"> & { readonly key?: string }): Promise<S3Answer>;
  /** All keys below a prefix, in order. */
  keys(prefix?: string): Promise<readonly string[]>;
  /** Uploads that were begun and neither completed nor aborted, below a prefix: key and id of each. */
  uploads(prefix?: string): Promise<readonly Upload[]>;
  /** Removes everything in it, and the bucket. */
  remove(): Promise<void>;
}

/** A multipart upload that is under way. */
export interface Upload {
  readonly key: string;
  readonly id: string;
}

/** Makes a bucket that nobody else has. */
export async function createBucket(place: S3Place): Promise<Bucket> {
  const bucket = bucketOf(place, `tidemark-${randomBytes(8).toString("hex")}`);
  expectStatus(await bucket.ask({ method: "PUT" }), 200, `make bucket ${bucket.name}`);
  return bucket;
}

/** A bucket that is there. */
export function bucketOf(place: S3Place, name: string): Bucket {
  const bucket: Bucket = {
    name,
    place,
    ask: ({ key, ...request }) =>
      signedRequest(place, { ...request, path: key === undefined ? name : `${name}/${key}` }),
    keys: (prefix = "") => listed(bucket, prefix),
    uploads: (prefix = "") => pending(bucket, prefix),
    remove: async () => {
      for (const { key, id } of await pending(bucket, "")) {
        await bucket.ask({ method: "DELETE", key, query: { uploadId: id } });
      }
      for (const key of await listed(bucket, "")) await bucket.ask({ method: "DELETE", key });
      expectStatus(await bucket.ask({ method: "DELETE" }), 204, `remove bucket ${name}`);
    },
  };
  return bucket;
}

/** The texts of all elements of that name. */
export function elements(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) => unescaped(text));
}

async function listed(bucket: Bucket, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let token: string | undefined; ;) {
    const query = { "list-type": "2", prefix, ...(token === undefined ? {} : { "continuation-token": token }) };
    const answer = await bucket.ask({ method: "GET", query });
    expectStatus(answer, 200, `list ${bucket.name}`);
    keys.push(...elements(answer.text, "Key"));
    [token] = elements(answer.text, "NextContinuationToken");
    if (token === undefined) return keys;
  }
}

async function pending(bucket: Bucket, prefix: string): Promise<readonly Upload[]> {
  const answer = await bucket.ask({ method: "GET", query: { uploads: "", prefix } });
  expectStatus(answer, 200, `list the uploads of ${bucket.name}`);
  const ids = elements(answer.text, "UploadId");
  return elements(answer.text, "Key").map((key, index) => ({ key, id: ids[index] ?? "" }));
}

function expectStatus(answer: S3Answer, status: number, what: string): void {
  if (answer.status !== status) throw new Error(`Cannot ${what}: ${answer.status} ${answer.text}`);
}

function unescaped(text: string): string {
  const plain = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&#34;", '"').replaceAll("&quot;", '"');
  return plain.replaceAll("&#39;", "'").replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
