/** Which S3 server the tests speak to: the environment says so. `npm run test:services` starts one and sets it. */

/** An S3 server, and how to be let in. */
export interface S3Place {
  /** Its address, without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** @throws {Error} if the environment names no server. */
export function s3Place(environment: Readonly<Record<string, string | undefined>> = process.env): S3Place {
  const read = (name: string): string => {
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
    throw new Error(`Cannot find an S3 server: ${name} is not set. Use npm run test:services, which starts one`);
  };
  return {
    endpoint: read("TEST_S3_ENDPOINT").replace(/\/$/, ""),
    region: environment["TEST_S3_REGION"] ?? "us-east-1",
    accessKeyId: read("TEST_S3_ACCESS_KEY_ID"),
    secretAccessKey: read("TEST_S3_SECRET_ACCESS_KEY"),
  };
}
