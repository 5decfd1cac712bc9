/**
 * The S3 backend under simulation.
 *
 * @example
 * ```ts
 * import { simS3 } from "@tidemark/backend-s3/testing";
 *
 * simS3().name; // s3
 * ```
 *
 * @module
 */
export { simS3, type SimS3Options } from "./sim-s3.ts";
