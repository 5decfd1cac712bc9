import assert from "node:assert/strict";
import { test } from "node:test";
import { type BackendSession, type RetainedEpoch, standardEnv, StateError, type StateStore } from "@tidemark/core";
import { s3 } from "@tidemark/backend-s3";
import { awsClient } from "../src/aws/aws-client.ts";
import { backendOn, watched } from "./fixtures.ts";
import { type S3Server, startS3 } from "./s3-server.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const KEY_GROUPS = { first: 0, last: 7 };
const keyOf = (name: string): Uint8Array => Uint8Array.of(0, 1, ...bytes(name));

/** What one process holds of a job. */
interface Held {
  readonly session: BackendSession;
  readonly store: StateStore;
  readonly generation: number;
  tag: string;
}

async function start(session: BackendSession, generation: number, restored?: RetainedEpoch): Promise<Held> {
  const found = await session.head.read();
  const tag = await session.head.compareAndSet(found?.tag, bytes(`generation ${generation}`));
  assert.ok(tag !== undefined);
  await session.rollback(restored?.epoch ?? 0);
  const parts = (restored?.handles ?? []).map((handle) => ({ keyGroups: KEY_GROUPS, handle }));
  const store = await session.openStore({ owner: "one/0", generation, keyGroups: KEY_GROUPS, parts });
  return { session, store, generation, tag };
}

/** Takes a checkpoint in which one key is set. */
async function checkpoint(held: Held, epoch: number, name: string): Promise<RetainedEpoch> {
  await held.store.write(epoch, {
    puts: [{ key: keyOf(name), value: bytes(String(epoch)) }],
    deletes: [],
    rangeDeletes: [],
  });
  const handle = await held.store.seal(epoch);
  await held.session.flush(epoch);
  const manifest = `${String(held.generation).padStart(16, "0")}-${String(epoch).padStart(16, "0")}`;
  await held.session.manifests.write(manifest, bytes(`checkpoint ${epoch}`));
  const tag = await held.session.head.compareAndSet(held.tag, bytes(`${held.generation} lists ${epoch}`));
  assert.ok(tag !== undefined, `checkpoint ${epoch} was fenced`);
  held.tag = tag;
  return { epoch, manifest, handles: [handle] };
}

async function values(server: S3Server, restored: RetainedEpoch, names: readonly string[]): Promise<readonly string[]> {
  const session = await open(server);
  const { store } = await start(session, 90 + restored.epoch, restored);
  assert.ok((await session.manifests.read(restored.manifest)) !== undefined);
  return (await store.read(names.map(keyOf))).map((value) =>
    value === undefined ? "none" : new TextDecoder().decode(value),
  );
}

const env = standardEnv({ log: () => undefined });
const open = (server: S3Server): Promise<BackendSession> => backendOn(server).open({ name: "job", env });

test("COR-16: a session that was taken over deletes nothing, and says so", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  const older = await start(await open(server), 1);
  const first = await checkpoint(older, 1, "a");
  const newer = await start(await open(server), 2, first);
  const second = await checkpoint(newer, 11, "b");
  const before = [...server.objects.keys()].toSorted();
  server.requests.length = 0;
  // With a list of its own that names nothing of the newer one, and with none.
  for (const retained of [[first], [{ epoch: 99, manifest: "none", handles: [] }], []]) {
    await assert.rejects(older.session.release(retained), { code: "CHECKPOINT_FENCED" });
  }
  assert.equal(server.requests.filter(({ verb }) => verb === "delete").length, 0);
  assert.deepEqual([...server.objects.keys()].toSorted(), before);
  await newer.session.release([second]);
  assert.deepEqual(await values(server, second, ["a", "b"]), ["1", "11"]);
});

test("COR-16: deletes of an older session that come late take nothing that the newer one needs", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  const connection = { endpoint: server.endpoint, credentials: { accessKeyId: "id", secretAccessKey: "secret" } };
  let release = (): void => undefined;
  let reached = (): void => undefined;
  const isHeld = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const mayGoOn = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = watched(awsClient("bucket", connection), async (verb) => {
    if (verb !== "delete") return;
    reached();
    await mayGoOn;
  });
  const backend = s3({ bucket: "bucket", prefix: "job", client });
  const older = await start(await backend.open({ name: "job", env }), 1);
  await checkpoint(older, 1, "a");
  const second = await checkpoint(older, 2, "b");
  // It has made sure that it holds the head, and has drawn up what may go; then it stands still.
  const late = older.session.release([second]);
  await isHeld;
  const newer = await start(await open(server), 2, second);
  const third = await checkpoint(newer, 11, "c");
  await newer.session.release([third]);
  const fourth = await checkpoint(newer, 12, "d");
  release();
  await late;
  assert.deepEqual(await values(server, fourth, ["a", "b", "c", "d"]), ["1", "2", "11", "12"]);
});

test("RET-01 s3: what cannot be deleted is a warning, and goes with the next clean-up", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  const warnings: string[] = [];
  const told = standardEnv({ log: ({ level, message }) => void warnings.push(`${level}: ${message}`) });
  let isStuck = true;
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const client = watched(awsClient("bucket", { endpoint: server.endpoint, credentials }), async (verb) => {
    if (verb === "delete" && isStuck) throw new StateError("STATE_IO", "Cannot delete 1 objects: AccessDenied");
  });
  const session = await s3({ bucket: "bucket", prefix: "job", client, cleanUpEvery: 1 }).open({
    name: "job",
    env: told,
  });
  const held = await start(session, 1);
  await checkpoint(held, 1, "a");
  const second = await checkpoint(held, 2, "b");
  const manifests = (): readonly string[] =>
    [...server.objects.keys()].filter((key) => key.startsWith("job/manifests/"));
  await session.release([second]);
  assert.deepEqual(warnings, [
    'warn: Cannot delete what job "job" needs no more: Cannot delete 1 objects: AccessDenied',
  ]);
  assert.equal(manifests().length, 2);
  isStuck = false;
  const third = await checkpoint(held, 3, "c");
  await session.release([third]);
  assert.equal(manifests().length, 1);
  assert.equal(warnings.length, 1);
  assert.deepEqual(await values(server, third, ["a", "b", "c"]), ["1", "2", "3"]);
});
