/** Looking into checkpoints with a client that may only read. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { s3 } from "@tidemark/backend-s3";
import { type ObjectClient, run, type StateBackend } from "@tidemark/core";
import { listCheckpoints, openCheckpoint, openCheckpoints } from "@tidemark/core/savepoints";

import { type MapStore, mapStore } from "./map-client.ts";
import { countJob } from "./number-job.ts";

/** What may only read is refused everything else, as by a policy of the bucket. */
function readingOnly({ client }: MapStore): ObjectClient {
  const refuse = async (): Promise<never> => {
    throw new Error("AccessDenied");
  };
  const multipart = { create: refuse, uploadPart: refuse, complete: refuse, abort: refuse, listUploads: refuse };
  return { ...client, put: refuse, delete: refuse, multipart };
}

async function afterAJob(): Promise<{
  readonly store: MapStore;
  readonly job: string;
  readonly looking: StateBackend;
}> {
  const store = mapStore();
  const job = countJob(500, { rows: [], ids: new Set() }, () => undefined);
  const backend = s3({ bucket: "bucket", prefix: "job", client: store.client });
  await run(job, { backend, checkpoint: { interval: "none" } }).finished;
  return { store, job: job.name, looking: s3({ bucket: "bucket", prefix: "job", client: readingOnly(store) }) };
}

test("openCheckpoint: who may only read an object store looks into all of it", async () => {
  const { store, job, looking } = await afterAJob();
  const before = [...store.objects];
  const [retained] = await listCheckpoints(looking, { job });
  const snapshot = await openCheckpoint(looking, { job });
  assert.equal(snapshot.checkpointId, retained?.checkpointId);
  let entries = 0;
  for await (const slice of snapshot.entries()) entries += slice.length;
  assert.equal(entries, 4);
  await snapshot.close();
  for (const each of await openCheckpoints(looking, { job })) await each.close();
  assert.deepEqual([...store.objects], before);
});

test("openCheckpoint: looking is no self-test, a run with the same backend makes it", async () => {
  const { store, job } = await afterAJob();
  const weak: ObjectClient = { ...store.client, put: (key, bytes) => store.client.put(key, bytes, "always") };
  const backend = s3({ bucket: "bucket", prefix: "job", client: weak });
  await (await openCheckpoint(backend, { job })).close();
  const handle = run(
    countJob(500, { rows: [], ids: new Set() }, () => undefined),
    { backend, restart: "none" },
  );
  await assert.rejects(handle.finished, { code: "GUARANTEE_UNSUPPORTED" });
});
