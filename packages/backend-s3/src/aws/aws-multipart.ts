import { type MultipartClient, StateError } from "@tidemark/core";
import type { S3Encryption } from "../encryption.ts";
import { act, sendOptions, tagOf } from "./aws-act.ts";
import type { Loaded } from "./aws-load.ts";
import { readEncryption, writeEncryption } from "./aws-encryption.ts";
import { isRefused } from "./aws-errors.ts";

/** What {@link awsMultipart} is made of. */
export interface AwsMultipartOptions {
  readonly bucket: string;
  readonly loaded: () => Promise<Loaded>;
  readonly encryption: S3Encryption | undefined;
}

/** Writing in parts, over `@aws-sdk/client-s3`. */
export function awsMultipart({ bucket, loaded, encryption }: AwsMultipartOptions): MultipartClient {
  return {
    create: (key, { signal } = {}) =>
      act(`begin to write "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          ContentType: "application/octet-stream",
          ...writeEncryption(encryption),
        });
        const { UploadId } = await client.send(command, sendOptions(signal));
        if (UploadId !== undefined) return { key, uploadId: UploadId };
        throw new StateError("STATE_IO", `Cannot use the store: it gave no id for an upload of "${key}"`);
      }),
    uploadPart: ({ key, uploadId }, part, { signal } = {}) =>
      act(`write part ${part.number} of "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.UploadPartCommand({
          Bucket: bucket,
          Key: key,
          UploadId: uploadId,
          PartNumber: part.number,
          Body: part.bytes,
          ...readEncryption(encryption),
        });
        return tagOf(key, (await client.send(command, sendOptions(signal))).ETag);
      }),
    complete: ({ key, uploadId }, { etags, condition }, { signal } = {}) =>
      act(`finish writing "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          UploadId: uploadId,
          MultipartUpload: { Parts: etags.map((ETag, at) => ({ ETag, PartNumber: at + 1 })) },
          IfNoneMatch: condition === "absent" ? "*" : undefined,
          ...readEncryption(encryption),
        });
        return client.send(command, sendOptions(signal)).then(
          ({ ETag }) => tagOf(key, ETag),
          (error: unknown) => {
            if (isOver(error) || (condition === "absent" && isRefused(error, condition))) return undefined;
            throw error;
          },
        );
      }),
    abort: ({ key, uploadId }, { signal } = {}) =>
      act(`give up writing "${key}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
        await client.send(command, sendOptions(signal)).catch((error: unknown) => {
          if (!isOver(error)) throw error;
        });
      }),
    listUploads: (prefix, { signal } = {}) =>
      act(`list uploads under "${prefix}"`, async () => {
        const { sdk, client } = await loaded();
        const command = new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
        const { Uploads = [] } = await client.send(command, sendOptions(signal));
        return Uploads.flatMap(({ Key, UploadId }) =>
          Key === undefined || UploadId === undefined ? [] : [{ key: Key, uploadId: UploadId }],
        );
      }),
  };
}

/** Whether there is no such upload: it was completed or given up before. */
function isOver(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchUpload";
}
