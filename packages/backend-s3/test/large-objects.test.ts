import assert from "node:assert/strict";
import { test } from "node:test";
import { standardEnv, StateError } from "@tidemark/core";
import { awsClient } from "../src/aws/aws-client.ts";
import { abortLeftovers, putInParts } from "../src/large-objects.ts";
import { Requests } from "../src/requests.ts";
import { S3Backend } from "../src/s3-backend.ts";
import { mapStore, type MapStore } from "./map-client.ts";
import { OneProcess } from "./one-process.ts";
import { startS3 } from "./s3-server.ts";

const PREFIX = "job/segments/";
const nameOf = (generation: number): string =>
  `${PREFIX}${String(generation).padStart(16, "0")}-${"1".padStart(16, "0")}-ab-0`;
const inner = standardEnv({ log: () => undefined });
const env = { ...inner, schedule: (delayMs: number, callback: () => void) => inner.schedule(delayMs / 100, callback) };

function requestsOf({ client }: MapStore, strike: (verb: string) => void = () => undefined): Requests {
  const multipart = client.multipart!;
  return new Requests({
    env,
    timeoutMs: 5_000,
    client: {
      ...client,
      multipart: {
        ...multipart,
        uploadPart: async (upload, part) => {
          strike("part");
          return multipart.uploadPart(upload, part);
        },
        complete: async (upload, parts) => {
          const etag = await multipart.complete(upload, parts);
          strike("complete");
          return etag;
        },
      },
    },
  });
}

const bytes = Uint8Array.from({ length: 2_500 }, (_, at) => at & 0xff);

const PLACE = { bucket: "bucket", prefix: "job", isUnchecked: false, timeoutMs: 5_000 } as const;

test("putInParts: the object is the parts in order, and no upload is left", async () => {
  const store = mapStore();
  const requests = requestsOf(store);
  const options = { requests, multipart: requests.multipart!, partBytes: 1_000 };
  assert.ok((await putInParts(nameOf(1), bytes, options)) !== undefined);
  assert.deepEqual(store.objects.get(nameOf(1))?.bytes, bytes);
  assert.equal(await putInParts(nameOf(1), bytes, options), undefined);
  assert.equal(store.uploads.size, 0);
});

test("putInParts: parts that are throttled are sent again, and what fails for good leaves nothing", async () => {
  const store = mapStore();
  let failures = 3;
  const passing = requestsOf(store, () => {
    if (failures-- > 0) throw new StateError("STATE_IO", "Cannot write: slow down", { retryable: true });
  });
  await putInParts(nameOf(1), bytes, { requests: passing, multipart: passing.multipart!, partBytes: 1_000 });
  assert.deepEqual(store.objects.get(nameOf(1))?.bytes, bytes);
  const lasting = requestsOf(store, () => {
    throw new StateError("STATE_IO", "Cannot write: access denied");
  });
  const options = { requests: lasting, multipart: lasting.multipart!, partBytes: 1_000 };
  await assert.rejects(putInParts(nameOf(2), bytes, options), { code: "STATE_IO" });
  assert.equal(store.uploads.size, 0);
  assert.equal(store.objects.has(nameOf(2)), false);
});

test("putInParts: an answer to the last request that is lost is looked up by who wrote it", async () => {
  const store = mapStore();
  let isLost = true;
  const backend = new S3Backend({
    ...PLACE,
    partBytes: 1_000,
    client: {
      ...store.client,
      multipart: {
        ...store.client.multipart!,
        complete: async (upload, parts) => {
          const etag = await store.client.multipart!.complete(upload, parts);
          if (isLost) {
            isLost = false;
            throw new StateError("STATE_IO", "Cannot finish: connection reset", { retryable: true });
          }
          return etag;
        },
      },
    },
  });
  const process = await OneProcess.start(backend, 1, undefined, env);
  await process.write(1, { a: "x".repeat(5_000) });
  const one = await process.checkpoint(1);
  assert.equal(isLost, false);
  assert.deepEqual(await (await OneProcess.start(backend, 2, one, env)).lines(), [`a=${"x".repeat(5_000)}`]);
});

test("PAIN-09 s3: what older generations began to write in parts is ended at the first clean-up, and nothing else", async () => {
  const store = mapStore();
  const multipart = store.client.multipart!;
  for (const generation of [1, 2, 2, 3, 4]) {
    const upload = await multipart.create(nameOf(generation));
    await multipart.uploadPart(upload, { number: 1, bytes });
  }
  const manifest = (generation: string): string =>
    `job/manifests/${generation.padStart(10, "0")}-${"1".padStart(16, "0")}`;
  for (const generation of ["3", "4"]) await multipart.create(manifest(generation));
  await multipart.create("job/segments/somebody-else");
  await multipart.create("another/segments/0000000000000001-0000000000000001-ab-0");
  const backend = new S3Backend({ ...PLACE, client: store.client });
  const process = await OneProcess.start(backend, 4, undefined, env);
  await process.session.release([await process.checkpoint(1)]);
  assert.deepEqual(
    [...store.uploads.values()].map(({ upload }) => upload.key),
    [nameOf(4), manifest("4"), "job/segments/somebody-else", "another/segments/0000000000000001-0000000000000001-ab-0"],
  );
});

test("PAIN-09 s3: a job that keeps nothing by key ends what older generations began to write, too", async () => {
  const store = mapStore();
  const manifest = (generation: number): string => `${String(generation).padStart(10, "0")}-${"1".padStart(16, "0")}`;
  for (const generation of [1, 2]) await store.client.multipart!.create(`job/manifests/${manifest(generation)}`);
  const backend = new S3Backend({ ...PLACE, client: store.client });
  const session = await backend.open({ name: "job", env });
  await session.head.compareAndSet(undefined, bytes);
  await session.rollback(0);
  await session.manifests.write(manifest(2), bytes);
  await session.release([{ epoch: 1, manifest: manifest(2), handles: [] }]);
  assert.deepEqual(
    [...store.uploads.values()].map(({ upload }) => upload.key),
    [`job/manifests/${manifest(2)}`],
  );
});

test("abortLeftovers: a client that cannot write in parts has none", async () => {
  const { multipart: _, ...client } = mapStore().client;
  await abortLeftovers(new Requests({ env, timeoutMs: 5_000, client }), PREFIX, 9);
});

test("awsClient: writes in parts over HTTP, under the condition that nothing is there", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  const connection = { endpoint: server.endpoint, credentials: { accessKeyId: "id", secretAccessKey: "secret" } };
  const { multipart } = awsClient("bucket", connection);
  for (const expected of [true, false]) {
    const upload = await multipart!.create("large");
    const etags = [];
    for (const [at, part] of [bytes, bytes.subarray(7)].entries()) {
      etags.push(await multipart!.uploadPart(upload, { number: at + 1, bytes: part }));
    }
    assert.deepEqual(await multipart!.listUploads("lar"), [upload]);
    const etag = await multipart!.complete(upload, { etags, condition: "absent" });
    assert.equal(etag !== undefined, expected);
    await multipart!.abort(upload);
    await multipart!.abort(upload);
    assert.equal(await multipart!.complete(upload, { etags, condition: "absent" }), undefined);
  }
  assert.equal(server.objects.get("large")?.length, 2_500 + 2_493);
  assert.equal(server.uploads.size, 0);
});
