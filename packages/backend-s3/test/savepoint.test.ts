/** Savepoints in an object store, over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { s3Savepoint } from "@tidemark/backend-s3";
import { type Env, run, standardEnv } from "@tidemark/core";
import { diff, openCheckpoint, openSavepoint, rewrite } from "@tidemark/core/savepoints";

import { awsClient } from "../src/aws/aws-client.ts";
import { REQUEST_ATTEMPTS } from "../src/requests.ts";
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

/** An env in which pauses are noted and over at once, and time limits never come. */
function pausing(pauses: number[]): Env {
  const env = standardEnv();
  const schedule: Env["schedule"] = (delayMs, wake) => {
    if (delayMs >= 30_000) return () => undefined;
    pauses.push(delayMs);
    return env.schedule(0, wake);
  };
  return { ...env, schedule };
}

test("s3Savepoint: asks again where the outcome is unknown, after pauses that grow and are drawn by chance", async () => {
  const server = await startS3();
  try {
    const pauses: number[] = [];
    const location = s3Savepoint({
      bucket: "bucket",
      prefix: "one",
      connection: { ...connection, endpoint: server.endpoint },
      env: pausing(pauses),
    });
    const job = countJob(500, { rows: [], ids: new Set() }, () => undefined);
    await run(job, { backend: backendOn(server), checkpoint: { interval: "none" } }).finished;
    const checkpoint = await openCheckpoint(backendOn(server), { job: job.name });
    const seen = new Map<string, number>();
    server.fault = ({ verb, key }) => {
      if (!key.startsWith("one/")) return undefined;
      const times = (seen.get(`${verb} ${key}`) ?? 0) + 1;
      seen.set(`${verb} ${key}`, times);
      return times <= 3 ? "throttle" : undefined;
    };
    await rewrite(checkpoint, location);
    const savepoint = await openSavepoint(location);
    assert.equal(savepoint.checkpointId, checkpoint.checkpointId);
    await checkpoint.close();
    const asked = [...seen.values()].filter((times) => times > 3).length;
    assert.ok(asked >= 3, `${asked} requests were answered in the end`);
    assert.equal(pauses.length % 3, 0);
    assert.ok(pauses.length >= 9);
    pauses.forEach((pause, at) => {
      const most = 100 * 2 ** (at % 3);
      assert.ok(pause >= most / 2 && pause < most, `pause ${at} was of ${pause} ms`);
    });
    assert.ok(new Set(pauses.map((pause, at) => pause / 2 ** (at % 3))).size > 3, "and no two are alike");
  } finally {
    await server.close();
  }
});

test("s3Savepoint: gives up what is never answered, after as many requests as a session makes", async () => {
  const server = await startS3();
  try {
    const endpoint = server.endpoint;
    const env = pausing([]);
    const location = s3Savepoint({ bucket: "bucket", prefix: "one", connection: { ...connection, endpoint }, env });
    server.fault = () => "throttle";
    await assert.rejects(openSavepoint(location), { code: "STATE_IO", message: /\(SlowDown, 503\)/ });
    assert.equal(server.requests.length, REQUEST_ATTEMPTS);
  } finally {
    await server.close();
  }
});

test("s3Savepoint: says with each request how the store encrypts", async () => {
  const server = await startS3();
  try {
    const endpoint = server.endpoint;
    const secret = new Uint8Array(32).fill(7);
    const location = s3Savepoint({
      bucket: "bucket",
      prefix: "one",
      connection: { ...connection, endpoint },
      encryption: { kind: "SSE-C", key: secret },
    });
    const job = countJob(100, { rows: [], ids: new Set() }, () => undefined);
    await run(job, { backend: backendOn(server), checkpoint: { interval: "none" } }).finished;
    const checkpoint = await openCheckpoint(backendOn(server), { job: job.name });
    await rewrite(checkpoint, location);
    const savepoint = await openSavepoint(location);
    for await (const changes of diff(checkpoint, savepoint).entries()) assert.deepEqual(changes, []);
    await checkpoint.close();
    const requests = server.requests.filter(({ key, verb }) => key.startsWith("one/") && verb !== "list");
    assert.ok(requests.length >= 4);
    for (const { verb, headers } of requests) {
      assert.equal(headers["x-amz-server-side-encryption-customer-key"], btoa(String.fromCharCode(...secret)), verb);
    }
  } finally {
    await server.close();
  }
});

test("s3Savepoint: refuses a bucket or a prefix without a name, and options that cannot work", () => {
  const place = { bucket: "x", prefix: "x" };
  const short = { kind: "SSE-C", key: new Uint8Array(1) } as const;
  assert.throws(() => s3Savepoint({ ...place, encryption: short }), { code: "OPTION_INVALID" });
  assert.throws(() => s3Savepoint({ ...place, requestTimeout: "0s" }), { code: "OPTION_INVALID" });
  const client = awsClient("x", {});
  for (const options of [{ connection: {} }, { encryption: { kind: "SSE-S3" } }] as const) {
    assert.throws(() => s3Savepoint({ ...place, client, ...options }), { code: "OPTION_INVALID" });
  }
  assert.throws(() => s3Savepoint({ bucket: "", prefix: "x" }), { code: "OPTION_INVALID" });
  assert.throws(() => s3Savepoint({ bucket: "x", prefix: "/" }), { code: "OPTION_INVALID" });
});
