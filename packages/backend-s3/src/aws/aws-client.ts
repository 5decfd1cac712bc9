import type * as Sdk from "@aws-sdk/client-s3";
import { ConfigurationError, type ObjectClient, StateError, type StoredObject } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";
import type { S3Connection } from "../connection.ts";
import { awsError, isAbsent, isRefused } from "./aws-errors.ts";

/** What one request of DeleteObjects takes. */
export const DELETES_MAX = 1_000;

/** The package, and the client made of it. */
interface Loaded {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

/** A client of one bucket over `@aws-sdk/client-s3`, which is loaded with the first request. */
export function awsClient(bucket: string, connection: S3Connection): ObjectClient {
  let loading: Promise<Loaded> | undefined;
  const loaded = (): Promise<Loaded> => (loading ??= load(connection));
  return {
    get: (key, range, { signal } = {}) =>
      act(`read "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const Range = range === undefined ? undefined : `bytes=${range.offset}-${range.offset + range.length - 1}`;
        const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key, Range });
        return client.send(command, sendOptions(signal)).then((output) => read(key, output), orAbsent);
      }),
    put: (key, bytes, condition, { signal } = {}) =>
      act(`write "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: "application/octet-stream",
          IfNoneMatch: condition === "absent" ? "*" : undefined,
          IfMatch: typeof condition === "object" ? condition.etag : undefined,
        });
        return client.send(command, sendOptions(signal)).then(
          ({ ETag }) => tagOf(key, ETag),
          (error: unknown) => {
            if (condition !== "always" && isRefused(error, condition)) return undefined;
            throw error;
          },
        );
      }),
    list: (prefix, startAfter, { signal } = {}) =>
      act(`list "${prefix}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: startAfter });
        const { Contents = [] } = await client.send(command, sendOptions(signal));
        return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
      }),
    delete: (keys, { signal } = {}) =>
      act(`delete ${keys.length} objects`, async () => {
        const { sdk, client } = await loaded();
        for (let start = 0; start < keys.length; start += DELETES_MAX) {
          const Objects = keys.slice(start, start + DELETES_MAX).map((Key) => ({ Key }));
          const command = new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
          const { Errors: [failed] = [] } = await client.send(command, sendOptions(signal));
          if (failed !== undefined) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? "Unknown" });
        }
      }),
  };
}

/** One attempt for each request: the SDK cannot know which of them may be repeated. */
async function load({ region, endpoint, forcePathStyle, credentials }: S3Connection): Promise<Loaded> {
  const sdk = await importSdk();
  const client = new sdk.S3Client({
    maxAttempts: 1,
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    ...(region === undefined && endpoint === undefined ? {} : { region: region ?? "us-east-1" }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  try {
    await client.config.region();
  } catch (cause) {
    const message = `Cannot reach S3: ${messageOf(cause)}. Give s3 a connection with a region, or set AWS_REGION`;
    throw new ConfigurationError("OPTION_INVALID", message, { cause });
  }
  return { sdk, client };
}

async function importSdk(): Promise<typeof Sdk> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    throw new ConfigurationError(
      "PLATFORM_UNSUPPORTED",
      'Cannot load "@aws-sdk/client-s3", the default client of s3: install it beside @tidemark/backend-s3, or give s3 a client',
      { cause },
    );
  }
}

async function act<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw awsError(what, error);
  }
}

async function read(key: string, { Body, ContentLength, ETag }: Sdk.GetObjectCommandOutput): Promise<StoredObject> {
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
  if (ContentLength !== undefined && ContentLength !== bytes.length) {
    throw Object.assign(new Error(`the answer was cut off after ${bytes.length} of ${ContentLength} bytes`), {
      name: "TruncatedBody",
    });
  }
  return { bytes, etag: tagOf(key, ETag) };
}

function tagOf(key: string, etag: string | undefined): string {
  if (etag !== undefined) return etag;
  throw new StateError("STATE_IO", `Cannot use the store: it gave no ETag for "${key}"`, { details: { key } });
}

function orAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
