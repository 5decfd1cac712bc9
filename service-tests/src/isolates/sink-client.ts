/** As much of an S3 client as the sink of an isolate needs, over the SDK that its backend uses as well. */
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { ObjectClient } from "@tidemark/core";
import type { S3Place } from "../s3/place.ts";

/** A client of one bucket. It lists and deletes nothing. */
export function sinkClient(place: S3Place, bucket: string): Pick<ObjectClient, "get" | "put"> {
  const { endpoint, region, accessKeyId, secretAccessKey } = place;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const statusOf = (error: unknown): unknown =>
    Reflect.get(Reflect.get(Object(error), "$metadata") ?? {}, "httpStatusCode");
  return {
    get: async (key) => {
      const { Body, ETag = "" } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(0), etag: ETag };
    },
    put: async (key, bytes) => {
      try {
        const { ETag = "" } = await client.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, IfNoneMatch: "*" }),
        );
        return ETag;
      } catch (error) {
        if (statusOf(error) === 412) return undefined;
        throw error;
      }
    },
  };
}
