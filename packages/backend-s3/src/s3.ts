import { ConfigurationError, type Duration, type ObjectClient, type StateBackend } from "@tidemark/core";
import type { SegmentTuning } from "@tidemark/core/internal";
import { awsClient } from "./aws/aws-client.ts";
import type { S3Connection } from "./connection.ts";
import { checkEncryption, type S3Encryption } from "./encryption.ts";
import { REQUEST_TIMEOUT, requestTimeoutMs } from "./request-timeout.ts";
import { S3Backend } from "./s3-backend.ts";

/** Blocks that are kept in memory. */
const CACHE_BYTES: number = 64 * 1024 * 1024;

/** Checkpoints between two rounds of deleting. */
const CLEAN_UP_EVERY = 16;

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
  /** How the store encrypts what the default client writes. Default: as the bucket says. */
  readonly encryption?: S3Encryption;
  /**
   * Where the state is kept while the job runs: a backend on this machine with state larger than memory, such as `leveldb`.
   * It is read in the place of the object store, and used again after a restart if it holds just the checkpoint that is
   * restored; else it is emptied and filled. Default: state is read from the object store, through the cache.
   */
  readonly local?: StateBackend;
  /** Blocks of state that are kept in memory, in bytes, for all subtasks together. Default: 64 MiB. */
  readonly cacheLimitBytes?: number;
  /** How much state is read into the cache in the background after a start, in bytes. Default: 0. */
  readonly warmUpLimitBytes?: number;
  /** Every so many checkpoints delete what none of them needs any more; so does the first after a start. Default: 16. */
  readonly cleanUpEvery?: number;
  /**
   * `"checked"`: a store that ignores conditional writes is refused. `"unchecked"`: conditions are looked at by the client
   * alone. Then nothing fences a second process of the job, and a late write of a dead one can undo a checkpoint. Default:
   * `"checked"`.
   */
  readonly conditions?: "checked" | "unchecked";
}

/**
 * A state backend that keeps its checkpoints in an object store which speaks S3 and honours conditional writes. A job can
 * go on from its last checkpoint on another machine. State is read from there by range, or from a local copy.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 */
export function s3(options: S3Options): StateBackend {
  const { bucket, prefix, client, connection, encryption, local } = options;
  const { requestTimeout = REQUEST_TIMEOUT, conditions = "checked" } = options;
  if (typeof bucket !== "string" || bucket === "") throw invalid(`bucket ${JSON.stringify(bucket)}: name one`);
  if (conditions !== "checked" && conditions !== "unchecked") {
    throw invalid(`conditions ${JSON.stringify(conditions)}: there are "checked" and "unchecked"`);
  }
  for (const [name, value] of Object.entries({ connection, encryption })) {
    if (client !== undefined && value !== undefined) {
      throw invalid(`${name}: a client of your own is given, and it is for the default one`);
    }
  }
  checkEncryption(encryption);
  if (local !== undefined && local.paging === undefined) {
    throw invalid(`local ${local.name}: it holds its state in memory. Give a backend on disk, or none`);
  }
  const timeoutMs = requestTimeoutMs(requestTimeout);
  return new S3Backend({
    bucket,
    prefix,
    client: client ?? awsClient(bucket, connection ?? {}, encryption),
    isUnchecked: conditions === "unchecked",
    timeoutMs,
    tuning: tuningOf(options),
    ...(local === undefined ? {} : { local }),
  });
}

function tuningOf(options: S3Options): Partial<SegmentTuning> {
  const { cacheLimitBytes = CACHE_BYTES, warmUpLimitBytes = 0, cleanUpEvery = CLEAN_UP_EVERY } = options;
  for (const [name, value] of Object.entries({ cacheLimitBytes, warmUpLimitBytes })) {
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${name} ${value}: give a number of bytes`);
  }
  if (!Number.isSafeInteger(cleanUpEvery) || cleanUpEvery < 1) {
    throw invalid(`cleanUpEvery ${cleanUpEvery}: give a number of checkpoints, 1 at least`);
  }
  return { cacheBytes: cacheLimitBytes, warmUpBytes: warmUpLimitBytes, cleanUpEvery };
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use ${what}`);
}
