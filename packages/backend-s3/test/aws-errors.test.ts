/** What becomes of the answers of a store: which of them another attempt may change, and which say no for good. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { awsClient, DELETES_MAX } from "../src/aws/aws-client.ts";
import { awsError, isAbsent, isRefused } from "../src/aws/aws-errors.ts";
import { startS3 } from "./s3-server.ts";

/** An error as the SDK throws it. Without a status nothing was heard; without a fault the answer was cut off. */
function sdkError(name: string, status?: number, isWhole: boolean = true): Error {
  const metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new Error(name), { name, $metadata: metadata, ...(isWhole ? { $fault: "server" } : {}) });
}

const retryable = (error: unknown): boolean => awsError("read", error).retryable;

test("awsError: throttling, conflicts, errors of the server and broken connections pass", () => {
  const statuses = [408, 409, 425, 429, 500, 502, 503, 504, 507];
  for (const status of statuses) assert.ok(retryable(sdkError("Unknown", status)), `status ${status}`);
  for (const name of [
    "SlowDown",
    "InternalError",
    "InvalidPart",
    "RequestTimeout",
    "ExpiredToken",
    "RequestTimeTooSkewed",
  ]) {
    // S3 gives some of them with a status that says otherwise, or inside of an answer that says all is well.
    for (const status of [200, 400, 403]) assert.ok(retryable(sdkError(name, status)), `${name} with ${status}`);
  }
  for (const name of ["TimeoutError", "ECONNRESET", "TypeError"]) assert.ok(retryable(sdkError(name)), name);
  assert.ok(retryable("a client that throws a string"));
});

test("awsError: a refusal that was read whole is final, and one that was cut off is not", () => {
  for (const [name, status] of [
    ["AccessDenied", 403],
    ["InvalidRequest", 400],
    ["NotImplemented", 501],
    ["EntityTooLarge", 413],
  ] as const) {
    assert.equal(retryable(sdkError(name, status)), false, `${name} with ${status}`);
    assert.ok(retryable(sdkError(name, status, false)), `${name} with ${status}, cut off`);
  }
  assert.equal(retryable(sdkError("CredentialsProviderError")), false);
  const missing = awsError("read", sdkError("NoSuchBucket", 404));
  assert.deepEqual([missing.code, missing.retryable], ["OPTION_INVALID", false]);
});

test("isAbsent, isRefused: nothing is taken for another thing", () => {
  assert.ok(isAbsent(sdkError("NoSuchKey", 404)) && isAbsent(sdkError("NotFound", 404)));
  assert.ok(!isAbsent(sdkError("NoSuchBucket", 404)) && !isAbsent(sdkError("NoSuchUpload", 404)));
  assert.ok(!isAbsent(sdkError("AccessDenied", 403)));
  assert.ok(isRefused(sdkError("PreconditionFailed", 412), "absent"));
  assert.ok(isRefused(sdkError("NoSuchKey", 404), { etag: "x" }) && !isRefused(sdkError("NoSuchKey", 404), "absent"));
  assert.ok(!isRefused(sdkError("ConditionalRequestConflict", 409), { etag: "x" }));
});

test("awsClient: an object that the store says it could not delete is an error, and each request names so many at most", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const client = awsClient("bucket", { endpoint: server.endpoint, credentials });
  const keys = Array.from({ length: DELETES_MAX + 1 }, (_, at) => `key-${at}`);
  for (const key of keys) server.objects.set(key, new Uint8Array(1));
  await client.delete(keys);
  assert.deepEqual([...server.objects.keys()], []);
  assert.equal(server.requests.length, 2);
  server.objects.set("kept", new Uint8Array(1));
  server.undeletable = "InternalError";
  await assert.rejects(client.delete(["kept"]), { code: "STATE_IO", retryable: true, message: /InternalError/ });
});
