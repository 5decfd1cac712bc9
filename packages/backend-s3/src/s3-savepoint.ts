import { ConfigurationError, type Duration, type Env, type ObjectClient, standardEnv } from "@tidemark/core";
import { objectSavepoint, type SavepointLocation } from "@tidemark/core/savepoints";
import { awsClient } from "./aws/aws-client.ts";
import type { S3Connection } from "./connection.ts";
import { checkEncryption, type S3Encryption } from "./encryption.ts";
import { REQUEST_TIMEOUT, requestTimeoutMs } from "./request-timeout.ts";
import { Requests } from "./requests.ts";
import { steadyClient } from "./steady-client.ts";

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
  /** A request without an answer by then has failed, and is made again. Default: `"30s"`. */
  readonly requestTimeout?: Duration;
  /** How the store encrypts what the default client writes. Default: as the bucket says. */
  readonly encryption?: S3Encryption;
  /** Where time and chance come from. Default: the runtime's own. */
  readonly env?: Env;
}

/**
 * A savepoint in an object store which speaks S3. Where the store ignores conditional writes, a late write of a process that
 * has died may put its savepoint in the place of this one.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 */
export function s3Savepoint(options: S3SavepointOptions): SavepointLocation {
  const {
    bucket,
    prefix,
    client,
    connection,
    encryption,
    requestTimeout = REQUEST_TIMEOUT,
    env = standardEnv(),
  } = options;
  for (const [name, value] of Object.entries({ bucket, prefix })) {
    if (typeof value !== "string" || value.replaceAll("/", "") === "") {
      throw invalid(`${name} ${JSON.stringify(value)}: name one`);
    }
  }
  for (const [name, value] of Object.entries({ connection, encryption })) {
    if (client !== undefined && value !== undefined) {
      throw invalid(`${name}: a client of your own is given, and it is for the default one`);
    }
  }
  checkEncryption(encryption);
  const store = client ?? awsClient(bucket, connection ?? {}, encryption);
  const requests = new Requests({ client: store, env, timeoutMs: requestTimeoutMs(requestTimeout) });
  return objectSavepoint(steadyClient(requests), prefix);
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use ${what}`);
}
