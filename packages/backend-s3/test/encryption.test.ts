import assert from "node:assert/strict";
import { test } from "node:test";
import { s3, type S3Encryption } from "@tidemark/backend-s3";
import { awsClient } from "../src/aws/aws-client.ts";
import { startS3 } from "./s3-server.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at * 7);
const WITH_KEY = {
  "x-amz-server-side-encryption-customer-algorithm": "AES256",
  "x-amz-server-side-encryption-customer-key": btoa(String.fromCharCode(...KEY)),
};

const cases: readonly [S3Encryption, Readonly<Record<string, string>>, Readonly<Record<string, string>>][] = [
  [{ kind: "SSE-S3" }, { "x-amz-server-side-encryption": "AES256" }, {}],
  [{ kind: "SSE-KMS" }, { "x-amz-server-side-encryption": "aws:kms" }, {}],
  [
    { kind: "SSE-KMS", keyId: "arn:key", bucketKey: true },
    {
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "arn:key",
      "x-amz-server-side-encryption-bucket-key-enabled": "true",
    },
    {},
  ],
  [{ kind: "SSE-C", key: KEY }, WITH_KEY, WITH_KEY],
];

for (const [encryption, writing, reading] of cases) {
  test(`s3 encryption: ${JSON.stringify(Object.keys(encryption))} ${encryption.kind} goes along with each request it belongs to`, async (context) => {
    const server = await startS3();
    context.after(() => server.close());
    const connection = { endpoint: server.endpoint, credentials: { accessKeyId: "id", secretAccessKey: "secret" } };
    const client = awsClient("bucket", connection, encryption);
    await client.put("one", Uint8Array.of(1, 2, 3), "absent");
    await client.get("one", { offset: 1, length: 1 });
    const upload = await client.multipart!.create("two");
    const etag = await client.multipart!.uploadPart(upload, { number: 1, bytes: Uint8Array.of(1) });
    await client.multipart!.complete(upload, { etags: [etag], condition: "absent" });
    const sent = (verb: string): Readonly<Record<string, unknown>> => {
      const { headers = {} } = server.requests.find((request) => request.verb === verb) ?? {};
      const names = Object.keys(headers).filter(
        (name) => name.startsWith("x-amz-server-side") && !name.endsWith("-md5"),
      );
      return Object.fromEntries(names.map((name) => [name, headers[name]]));
    };
    assert.deepEqual(sent("put"), writing);
    assert.deepEqual(sent("begin"), writing);
    assert.deepEqual(sent("get"), reading);
    assert.deepEqual(sent("part"), reading);
    assert.deepEqual(sent("complete"), reading);
  });
}

test("s3 encryption: what cannot work is refused before anything is opened", () => {
  const wrong = [
    { kind: "SSE-C", key: new Uint8Array(16) },
    { kind: "SSE-C" },
    { kind: "none" },
  ] as unknown as readonly S3Encryption[];
  for (const encryption of wrong) {
    assert.throws(() => s3({ bucket: "bucket", encryption }), { code: "OPTION_INVALID" });
  }
  const client = awsClient("bucket", {});
  assert.throws(() => s3({ bucket: "bucket", client, encryption: { kind: "SSE-S3" } }), { code: "OPTION_INVALID" });
  for (const options of [{ cacheLimitBytes: -1 }, { warmUpLimitBytes: 0.5 }, { cleanUpEvery: 0 }]) {
    assert.throws(() => s3({ bucket: "bucket", ...options }), { code: "OPTION_INVALID" });
  }
});
