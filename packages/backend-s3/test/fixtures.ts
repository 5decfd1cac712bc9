import type { ObjectClient, StateBackend } from "@tidemark/core";
import { type SimProcess, simObjectStore, type SimObjectStore, simWorld, type SimWorld } from "@tidemark/core/testing";
import type { StateBackendFixture, StateDamage } from "@tidemark/core/testing";
import { s3 } from "@tidemark/backend-s3";
import { S3Backend } from "../src/s3-backend.ts";
import { SMALL, SMALL_PART_BYTES } from "../src/testing/sim-s3.ts";
import { type S3Server, startS3 } from "./s3-server.ts";

const CREDENTIALS = { accessKeyId: "id", secretAccessKey: "secret" };

/** A backend over the default client, and so over `@aws-sdk/client-s3` and HTTP. */
export function backendOn(server: S3Server, options: Partial<Parameters<typeof s3>[0]> = {}): StateBackend {
  return s3({
    bucket: "bucket",
    prefix: "job",
    cleanUpEvery: 1,
    connection: { endpoint: server.endpoint, credentials: CREDENTIALS },
    ...options,
  });
}

/** A fixture over a server of its own. */
export async function serverFixture(): Promise<StateBackendFixture> {
  const server = await startS3();
  const store = {
    keys: () => [...server.objects.keys()].sort(),
    get: (key: string) => server.objects.get(key),
    set: async (key: string, bytes: Uint8Array) => void server.objects.set(key, bytes),
    remove: async (key: string) => void server.objects.delete(key),
  };
  return {
    backend: backendOn(server),
    reopen: async () => backendOn(server),
    damage: (kind) => damage(store, kind),
    dispose: () => server.close(),
  };
}

/** A backend over a simulated store, for one process. */
export function simBackend(
  store: SimObjectStore,
  process: SimProcess,
  options: Partial<Parameters<typeof s3>[0]> = {},
): StateBackend {
  return s3({ bucket: "simulated", prefix: "job", client: store.client(process), cleanUpEvery: 1, ...options });
}

/** As {@link simBackend}, with limits so small that nothing is ever done in one piece. */
export function smallBackend(client: ObjectClient): StateBackend {
  return new S3Backend({
    bucket: "simulated",
    prefix: "job",
    client,
    isUnchecked: false,
    timeoutMs: 30_000,
    partBytes: SMALL_PART_BYTES,
    tuning: SMALL,
  });
}

/** A backend whose working state is on this machine: in memory, as far as this test goes, and kept over restarts. */
export function localBackend(client: ObjectClient, local: StateBackend): StateBackend {
  return new S3Backend({ bucket: "simulated", prefix: "job", client, isUnchecked: false, timeoutMs: 30_000, local });
}

/** Runs a program as the only process of a world. Its fixtures are backends over one simulated store. */
export async function inWorld(
  run: (world: SimWorld, store: SimObjectStore, process: SimProcess) => Promise<void>,
  options: Parameters<typeof simObjectStore>[1] = {},
): Promise<void> {
  const world = simWorld(1);
  const store = simObjectStore(world, options);
  const process = world.spawn();
  process.start(() => run(world, store, process));
  const outcome = await world.run(process);
  if (outcome.kind === "failed") throw outcome.error;
}

/** A fixture over a simulated store, to be used inside of its world. */
export function simFixture(
  world: SimWorld,
  store: SimObjectStore,
  process: SimProcess,
  make: (process: SimProcess) => StateBackend = (of) => simBackend(store, of),
): StateBackendFixture {
  const client = store.client(process);
  const damageable = {
    keys: () => store.keys(),
    get: (key: string) => store.peek(key)?.bytes,
    set: async (key: string, bytes: Uint8Array) => void (await client.put(key, bytes, "always")),
    remove: (key: string) => client.delete([key]),
  };
  return {
    backend: make(process),
    reopen: async () => make(world.spawn()),
    damage: (kind) => damage(damageable, kind),
    dispose: async () => undefined,
  };
}

interface Damageable {
  keys(): readonly string[];
  get(key: string): Uint8Array | undefined;
  set(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}

const PLACES: Readonly<Record<StateDamage, string>> = {
  state: "job/segments/",
  "state-missing": "job/segments/",
  head: "job/head",
  manifest: "job/manifests/",
};

async function damage(store: Damageable, kind: StateDamage): Promise<boolean> {
  const key = store.keys().findLast((found) => found.startsWith(PLACES[kind]));
  const bytes = key === undefined ? undefined : store.get(key)?.slice();
  if (key === undefined || bytes === undefined) return false;
  if (kind === "state-missing") await store.remove(key);
  else {
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0x10;
    await store.set(key, bytes);
  }
  return true;
}

/** A client that lets a test come in between. */
export function watched(client: ObjectClient, before: (verb: string, key: string) => Promise<void>): ObjectClient {
  return {
    get: (key, range, request) => before("get", key).then(() => client.get(key, range, request)),
    put: (key, bytes, condition, request) => before("put", key).then(() => client.put(key, bytes, condition, request)),
    list: (prefix, after, request) => before("list", prefix).then(() => client.list(prefix, after, request)),
    delete: (keys, request) => before("delete", keys.join(" ")).then(() => client.delete(keys, request)),
  };
}
