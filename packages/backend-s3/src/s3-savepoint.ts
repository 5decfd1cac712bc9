import { ConfigurationError, type ObjectClient } from "@tidemark/core";
import { objectSavepoint, type SavepointLocation } from "@tidemark/core/savepoints";
import { awsClient } from "./aws/aws-client.ts";
import type { S3Connection } from "./connection.ts";

/** Options of {@link s3Savepoint}. */
export interface S3SavepointOptions {
  /** The bucket, which must exist. */
  readonly bucket: string;
  /** What the keys of this one savepoint begin with; nothing else may live there. */
  readonly prefix: string;
  /** Any client of an object store. Default: one over the package `@aws-sdk/client-s3`, which you install. */
  readonly client?: ObjectClient;
  /** For the default client. */
  readonly connection?: S3Connection;
}

/**
 * A savepoint in an object store which speaks S3. Where the store ignores conditional writes, a late write of a process that
 * has died may put its savepoint in the place of this one.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 */
export function s3Savepoint({ bucket, prefix, client, connection }: S3SavepointOptions): SavepointLocation {
  for (const [name, value] of Object.entries({ bucket, prefix })) {
    if (typeof value === "string" && value.replaceAll("/", "") !== "") continue;
    throw new ConfigurationError("OPTION_INVALID", `Cannot use ${name} ${JSON.stringify(value)}: name one`);
  }
  if (client !== undefined && connection !== undefined) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      "Cannot use connection: a client of your own is given, and it is for the default one",
    );
  }
  return objectSavepoint(client ?? awsClient(bucket, connection ?? {}), prefix);
}
