/**
 * Checkpoints in an object store that speaks S3. A job can move to another machine and go on there.
 *
 * @example
 * ```ts
 * import { s3 } from "@tidemark/backend-s3";
 *
 * const backend = s3({ bucket: "checkpoints", prefix: "jobs/delays" });
 * backend.name; // s3 "checkpoints/jobs/delays"
 * ```
 *
 * @module
 */
export type {
  MultipartClient,
  ObjectClient,
  ObjectRequest,
  ObjectUpload,
  PutCondition,
  StoredObject,
} from "@tidemark/core";
export type { S3Connection, S3Credentials } from "./connection.ts";
export type { S3Encryption } from "./encryption.ts";
export { headStandsStill, type StandbyOptions } from "./head-stands-still.ts";
export { s3, type S3Options } from "./s3.ts";
export { s3Savepoint, type S3SavepointOptions } from "./s3-savepoint.ts";
