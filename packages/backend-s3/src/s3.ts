import { ConfigurationError, type Duration, type ObjectClient, type StateBackend } from "@tidemark/core";
import { durationMs } from "@tidemark/core/internal";
import { awsClient } from "./aws/aws-client.ts";
import type { S3Connection } from "./connection.ts";
import { S3Backend } from "./s3-backend.ts";

/** A request without an answer by then has failed. */
const REQUEST_TIMEOUT: Duration = "30s";

/** Options of {@link s3}. */
export interface S3Options {
  /** The bucket, which must exist. */
  readonly bucket: string;
  /** What the keys of the job begin with; nothing else may live there. Default: `tidemark/<name of the job>`. */
  readonly prefix?: string;
  /** Any client of an object store. Default: one over the package `@aws-sdk/client-s3`, which you install. */
  readonly client?: ObjectClient;
  /** For the default client. */
  readonly connection?: S3Connection;
  /** Default: `"30s"`. */
  readonly requestTimeout?: Duration;
  /**
   * `"checked"`: a store that ignores conditional writes is refused. `"unchecked"`: conditions are looked at by the client
   * alone. Then nothing fences a second process of the job, and a late write of a dead one can undo a checkpoint. Default:
   * `"checked"`.
   */
  readonly conditions?: "checked" | "unchecked";
}

/**
 * A state backend that keeps its checkpoints in an object store which speaks S3 and honours conditional writes. A job can
 * go on from its last checkpoint on another machine. The state itself is held in memory while the job runs.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 */
export function s3(options: S3Options): StateBackend {
  const { bucket, prefix, client, connection, requestTimeout = REQUEST_TIMEOUT, conditions = "checked" } = options;
  if (typeof bucket !== "string" || bucket === "") throw invalid(`bucket ${JSON.stringify(bucket)}: name one`);
  if (conditions !== "checked" && conditions !== "unchecked") {
    throw invalid(`conditions ${JSON.stringify(conditions)}: there are "checked" and "unchecked"`);
  }
  if (client !== undefined && connection !== undefined) {
    throw invalid("connection: a client of your own is given, and it is for the default one");
  }
  const timeoutMs = durationMs(requestTimeout, "requestTimeout");
  if (timeoutMs === 0) throw invalid('requestTimeout "0": no request would ever be answered in time');
  return new S3Backend({
    bucket,
    prefix,
    client: client ?? awsClient(bucket, connection ?? {}),
    isUnchecked: conditions === "unchecked",
    timeoutMs,
  });
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use ${what}`);
}
