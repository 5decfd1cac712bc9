import type * as Sdk from "@aws-sdk/client-s3";
import { ConfigurationError, standardEnv } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";
import type { S3Connection } from "../connection.ts";
import { hashInSlices } from "./aws-payload.ts";

/** The package, and the client made of it. */
export interface Loaded {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

/** One attempt for each request: the SDK cannot know which of them may be repeated. */
export async function load({ region, endpoint, forcePathStyle, credentials }: S3Connection): Promise<Loaded> {
  const sdk = await importSdk();
  const client = new sdk.S3Client({
    maxAttempts: 1,
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    ...(region === undefined && endpoint === undefined ? {} : { region: region ?? "us-east-1" }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  hashInSlices(client, standardEnv().turn);
  try {
    await client.config.region();
  } catch (cause) {
    const message = `Cannot reach S3: ${messageOf(cause)}. Give s3 a connection with a region, or set AWS_REGION`;
    throw new ConfigurationError("OPTION_INVALID", message, { cause });
  }
  return { sdk, client };
}

async function importSdk(): Promise<typeof Sdk> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    throw new ConfigurationError(
      "PLATFORM_UNSUPPORTED",
      'Cannot load "@aws-sdk/client-s3", the default client of s3: install it beside @tidemark/backend-s3, or give s3 a client',
      { cause },
    );
  }
}
