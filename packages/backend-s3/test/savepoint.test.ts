/** Savepoints in an object store, over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { s3Savepoint } from "@tidemark/backend-s3";
import { run } from "@tidemark/core";
import { diff, openCheckpoint, openSavepoint, rewrite } from "@tidemark/core/savepoints";

import { backendOn } from "./fixtures.ts";
import { countJob } from "./number-job.ts";
import { startS3 } from "./s3-server.ts";

const connection = { credentials: { accessKeyId: "id", secretAccessKey: "secret" } };

test("s3Savepoint: a checkpoint in S3 becomes a savepoint beside it, with the same contents", async () => {
  const server = await startS3();
  try {
    const location = s3Savepoint({
      bucket: "bucket",
      prefix: "savepoints/one/",
      connection: { ...connection, endpoint: server.endpoint },
    });
    const job = countJob(500, { rows: [], ids: new Set() }, () => undefined);
    await run(job, { backend: backendOn(server), checkpoint: { interval: "none" } }).finished;
    const checkpoint = await openCheckpoint(backendOn(server), { job: job.name });
    const summary = await rewrite(checkpoint, location);
    assert.ok(summary.entries > 0);
    const keys = [...server.objects.keys()].filter((key) => key.startsWith("savepoints/"));
    assert.equal(keys.length, 2);
    assert.ok(keys.includes("savepoints/one/savepoint"));
    const savepoint = await openSavepoint(location);
    for await (const changes of diff(checkpoint, savepoint).entries()) assert.deepEqual(changes, []);
    await checkpoint.close();
    await location.delete();
    await assert.rejects(openSavepoint(location), { code: "CHECKPOINT_MISSING", message: /"savepoints\/one\/?"/ });
  } finally {
    await server.close();
  }
});

test("s3Savepoint: asks again where the outcome is unknown", async () => {
  const server = await startS3();
  try {
    const connected = { ...connection, endpoint: server.endpoint };
    const location = s3Savepoint({ bucket: "bucket", prefix: "one", connection: connected });
    const job = countJob(500, { rows: [], ids: new Set() }, () => undefined);
    await run(job, { backend: backendOn(server), checkpoint: { interval: "none" } }).finished;
    const checkpoint = await openCheckpoint(backendOn(server), { job: job.name });
    const seen = new Map<string, number>();
    server.fault = ({ verb, key }) => {
      if (!key.startsWith("one/")) return undefined;
      const times = (seen.get(`${verb} ${key}`) ?? 0) + 1;
      seen.set(`${verb} ${key}`, times);
      return times === 1 ? "throttle" : undefined;
    };
    await rewrite(checkpoint, location);
    const savepoint = await openSavepoint(location);
    assert.equal(savepoint.checkpointId, checkpoint.checkpointId);
    await checkpoint.close();
  } finally {
    await server.close();
  }
});

test("s3Savepoint: refuses a bucket or a prefix without a name", () => {
  assert.throws(() => s3Savepoint({ bucket: "", prefix: "x" }), { code: "OPTION_INVALID" });
  assert.throws(() => s3Savepoint({ bucket: "x", prefix: "/" }), { code: "OPTION_INVALID" });
});
