import assert from "node:assert/strict";
import { test } from "node:test";
import type { Env } from "../../../src/env/env.ts";
import { StateError } from "../../../src/errors.ts";
import type { HeadStore, StateStore } from "../../../src/state/backend.ts";
import { ALL_KEYS } from "../../../src/state/key-range.ts";
import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import type { SegmentIo } from "../../../src/state/segments/segment-io.ts";
import { segmentSession } from "../../../src/state/segments/session.ts";
import { LAYERS_MAX } from "../../../src/state/segments/store.ts";
import { SEGMENT_BYTES_MAX } from "../../../src/state/segments/write-layer.ts";

const KEY_GROUPS = { first: 0, last: 3 };

const ENV: Env = {
  now: () => 0,
  monotonic: () => 0,
  random: () => 0,
  schedule: () => () => undefined,
  turn: async () => undefined,
  log: () => undefined,
  point: () => undefined,
};

const HEAD: HeadStore = { read: async () => undefined, compareAndSet: async () => undefined };

/** A medium in memory; each put asks `mayPut` first. */
function medium(mayPut: () => boolean = () => true): { segments: Map<string, Uint8Array>; io: SegmentIo } {
  const segments = new Map<string, Uint8Array>();
  const io: SegmentIo = {
    put: async (name, bytes) => {
      if (!mayPut()) throw new StateError("STATE_IO", "Cannot put: the network is gone", { retryable: true });
      segments.set(name, bytes);
    },
    get: async (name) => segments.get(name),
    list: async () => [...segments.keys()],
    delete: async (names) => names.forEach((name) => segments.delete(name)),
  };
  return { segments, io };
}

async function open(io: SegmentIo, epoch: number, handle?: Uint8Array): Promise<StateStore> {
  const manifests = {
    write: async () => undefined,
    read: async () => undefined,
    list: async () => [],
    delete: async () => undefined,
  };
  const session = segmentSession({ env: ENV, head: HEAD, manifests, segments: io });
  await session.rollback(epoch);
  const parts = handle === undefined ? [] : [{ keyGroups: KEY_GROUPS, handle }];
  return session.openStore({ owner: "0-0", generation: epoch + 1, keyGroups: KEY_GROUPS, parts });
}

const keyOf = (index: number): Uint8Array => Uint8Array.of(0, index % 4, index >>> 8, index);

async function put(store: StateStore, epoch: number, index: number, value: Uint8Array): Promise<void> {
  await store.write(epoch, { puts: [{ key: keyOf(index), value }], deletes: [], rangeDeletes: [] });
}

async function linesOf(store: StateStore): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const slice of store.scan(ALL_KEYS)) {
    for (const { key, value } of slice) lines.push(`${key.join(".")}=${value.length}`);
  }
  return lines;
}

test("SegmentStore.seal: state beyond the size of a segment is written in pieces, and read back", async () => {
  const { segments, io } = medium();
  const store = await open(io, 0);
  for (let index = 0; index < 30; index++) await put(store, 1, index, new Uint8Array(500_000 + index));
  const handle = await store.seal(1);
  assert.ok(segments.size >= 3, `${segments.size} segments`);
  for (const bytes of segments.values()) assert.ok(bytes.length < SEGMENT_BYTES_MAX + 600_000);
  const restored = await open(io, 1, handle);
  assert.deepEqual(await linesOf(restored), await linesOf(store));
});

test("SegmentStore.seal: after a failed put the next seal includes what the failed one would have written", async () => {
  let isDown = false;
  const { io } = medium(() => !isDown);
  const store = await open(io, 0);
  await put(store, 1, 1, new Uint8Array(1));
  await store.seal(1);
  await put(store, 2, 2, new Uint8Array(2));
  isDown = true;
  await assert.rejects(store.seal(2), { code: "STATE_IO", retryable: true });
  await put(store, 3, 1, new Uint8Array(3));
  await assert.rejects(store.seal(3), { code: "STATE_IO" });
  isDown = false;
  const handle = await store.seal(4);
  const restored = await open(io, 4, handle);
  assert.deepEqual(await linesOf(restored), ["0.1.0.1=3", "0.2.0.2=2"]);
});

test("SegmentStore.seal: the chain of layers is bounded", async () => {
  const { io } = medium();
  const store = await open(io, 0);
  for (let epoch = 1; epoch <= LAYERS_MAX * 3; epoch++) {
    await put(store, epoch, epoch % 5, new Uint8Array(epoch));
    const { layers } = decodeHandle(await store.seal(epoch));
    assert.ok(layers.length <= LAYERS_MAX, `${layers.length} layers`);
  }
});

test("SegmentStore: sealing an epoch again gives the same handle, and an epoch without changes writes nothing", async () => {
  const { segments, io } = medium();
  const store = await open(io, 0);
  await put(store, 1, 1, new Uint8Array(1));
  assert.deepEqual(await store.seal(1), await store.seal(1));
  await store.seal(2);
  assert.equal(segments.size, 1);
});

test("SegmentStore: a write to a sealed epoch, and one to an epoch before the last, are bugs of the engine", async () => {
  const { io } = medium();
  const store = await open(io, 0);
  await store.seal(2);
  await assert.rejects(put(store, 2, 1, new Uint8Array(1)), { code: "INTERNAL" });
  await put(store, 4, 1, new Uint8Array(1));
  await assert.rejects(put(store, 3, 1, new Uint8Array(1)), { code: "INTERNAL" });
});

test("SegmentStore: a segment that is missing, short, damaged or another one is refused by its name", async () => {
  const damages: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | undefined>> = {
    missing: () => undefined,
    short: (bytes) => bytes.subarray(0, bytes.length - 1),
    damaged: (bytes) => bytes.map((byte, index) => (index === 14 ? byte ^ 1 : byte)),
  };
  for (const [kind, damage] of Object.entries(damages)) {
    const { segments, io } = medium();
    const store = await open(io, 0);
    await put(store, 1, 1, new Uint8Array(20));
    const handle = await store.seal(1);
    const [name = "", bytes = new Uint8Array(0)] = [...segments].at(-1) ?? [];
    const damaged = damage(bytes);
    if (damaged === undefined) segments.delete(name);
    else segments.set(name, damaged);
    await assert.rejects(
      open(io, 1, handle),
      (error: Error & { code: string }) => error.code === "STATE_CORRUPT" && error.message.includes(name),
      kind,
    );
  }
});
