import type * as Sdk from "@aws-sdk/client-s3";
import type { ObjectClient, StoredObject } from "@tidemark/core";
import type { S3Connection } from "../connection.ts";
import type { S3Encryption } from "../encryption.ts";
import { act, sendOptions, tagOf } from "./aws-act.ts";
import { isAbsent, isRefused } from "./aws-errors.ts";
import { type Loaded, load } from "./aws-load.ts";
import { awsMultipart } from "./aws-multipart.ts";
import { readEncryption, writeEncryption } from "./aws-encryption.ts";

/** What one request of DeleteObjects takes. */
export const DELETES_MAX = 1_000;

/** A client of one bucket over `@aws-sdk/client-s3`, which is loaded with the first request. */
export function awsClient(bucket: string, connection: S3Connection, encryption?: S3Encryption): ObjectClient {
  let loading: Promise<Loaded> | undefined;
  const loaded = (): Promise<Loaded> => (loading ??= load(connection));
  const sealing = writeEncryption(encryption);
  const opening = readEncryption(encryption);
  return {
    multipart: awsMultipart({ bucket, loaded, encryption }),
    get: (key, range, { signal } = {}) =>
      act(`read "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const Range = range === undefined ? undefined : `bytes=${range.offset}-${range.offset + range.length - 1}`;
        const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key, Range, ...opening });
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
          ...sealing,
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

async function read(key: string, { Body, ContentLength, ETag }: Sdk.GetObjectCommandOutput): Promise<StoredObject> {
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
  if (ContentLength !== undefined && ContentLength !== bytes.length) {
    throw Object.assign(new Error(`the answer was cut off after ${bytes.length} of ${ContentLength} bytes`), {
      name: "TruncatedBody",
    });
  }
  return { bytes, etag: tagOf(key, ETag) };
}

function orAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
