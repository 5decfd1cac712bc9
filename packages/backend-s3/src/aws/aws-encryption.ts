import type * as Sdk from "@aws-sdk/client-s3";
import type { S3Encryption } from "../encryption.ts";

/** What a request says that reads an object, or writes a part of one. */
export type ReadEncryption = Pick<Sdk.GetObjectCommandInput, "SSECustomerAlgorithm" | "SSECustomerKey">;

/** What a request says that begins an object. */
export type WriteEncryption = ReadEncryption &
  Pick<Sdk.PutObjectCommandInput, "BucketKeyEnabled" | "ServerSideEncryption" | "SSEKMSKeyId">;

/** What the store must be told again to give an object back. The SDK adds the checksum of the key. */
export function readEncryption(encryption: S3Encryption | undefined): ReadEncryption {
  if (encryption?.kind !== "SSE-C") return {};
  // Spelled in base64; the SDK adds the checksum.
  return { SSECustomerAlgorithm: "AES256", SSECustomerKey: btoa(String.fromCharCode(...encryption.key)) };
}

/** What the store is told when an object is begun. */
export function writeEncryption(encryption: S3Encryption | undefined): WriteEncryption {
  if (encryption === undefined || encryption.kind === "SSE-C") return readEncryption(encryption);
  if (encryption.kind === "SSE-S3") return { ServerSideEncryption: "AES256" };
  const { keyId, bucketKey } = encryption;
  return {
    ServerSideEncryption: "aws:kms",
    ...(keyId === undefined ? {} : { SSEKMSKeyId: keyId }),
    ...(bucketKey === undefined ? {} : { BucketKeyEnabled: bucketKey }),
  };
}
