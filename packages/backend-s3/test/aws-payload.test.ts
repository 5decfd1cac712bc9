import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { awsClient } from "../src/aws/aws-client.ts";
import { HASHED_BYTES, hashInSlices } from "../src/aws/aws-payload.ts";
import { startS3 } from "./s3-server.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("hashInSlices: a large body is hashed with turns of the host in between, a small one at once", async () => {
  const server = await startS3();
  const client = new S3Client({ endpoint: server.endpoint, region: "us-east-1", forcePathStyle: true, credentials });
  let turns = 0;
  hashInSlices(client, async () => void turns++);
  const large = Uint8Array.from({ length: 3 * HASHED_BYTES + 5 }, (_, at) => at * 7);
  for (const [body, expected] of [
    [large, 3],
    [large.subarray(0, HASHED_BYTES), 0],
    [large.subarray(1), 3],
  ] as const) {
    turns = 0;
    await client.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: body }));
    assert.equal(turns, expected);
    assert.equal(server.requests.at(-1)?.headers["x-amz-content-sha256"], sha256Of(body));
    assert.deepEqual(server.objects.get("key"), body);
  }
  client.destroy();
  await server.close();
});

test("awsClient: what it writes is signed with its hash, also in parts", async () => {
  const server = await startS3();
  const client = awsClient("bucket", { endpoint: server.endpoint, credentials });
  const bytes = Uint8Array.from({ length: HASHED_BYTES + 1 }, (_, at) => at * 3);
  await client.put("whole", bytes, "absent");
  assert.equal(server.requests.at(-1)?.headers["x-amz-content-sha256"], sha256Of(bytes));
  const upload = await client.multipart!.create("parts");
  await client.multipart!.uploadPart(upload, { number: 1, bytes });
  assert.equal(server.requests.at(-1)?.headers["x-amz-content-sha256"], sha256Of(bytes));
  await server.close();
});
