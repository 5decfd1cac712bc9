import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import type { SegmentStore } from "../../../src/state/segments/store.ts";
import { checkpoint, CountingMedium, KEY_GROUPS, keyOf, linesOf, put, retainedOf } from "./segment-medium.ts";

test("SegmentStore.seal: state beyond the size of a segment is written in several, and read back", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  for (let index = 0; index < 40; index++) await put(opened.store, 1, index, new Uint8Array(500_000 + index));
  const handle = await checkpoint(opened, 1);
  assert.ok(medium.objects.size >= 1);
  const restored = await medium.open(1, handle);
  assert.deepEqual(await linesOf(restored.store), await linesOf(opened.store));
});

test("BackendSession.flush: after a failed flush the next one writes what is missing, under the same names", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  await put(opened.store, 1, 1, new Uint8Array(5_000));
  // So much that nothing is folded, which would hide what is missing.
  await put(opened.store, 1, 3, new Uint8Array(900_000));
  await checkpoint(opened, 1);
  await put(opened.store, 2, 2, new Uint8Array(6_000));
  medium.isDown = true;
  await assert.rejects(checkpoint(opened, 2), { code: "STATE_IO", retryable: true });
  await put(opened.store, 3, 1, new Uint8Array(7_000));
  await assert.rejects(checkpoint(opened, 3), { code: "STATE_IO" });
  medium.isDown = false;
  const handle = await checkpoint(opened, 4);
  const restored = await medium.open(4, handle);
  assert.deepEqual(await linesOf(restored.store), ["0.1.0.0.0.1=7000", "0.2.0.0.0.2=6000", "0.3.0.0.0.3=900000"]);
});

test("BackendSession.flush: many stores and one epoch make one object, and small changes none", async () => {
  const medium = new CountingMedium();
  const session = medium.session();
  await session.rollback(0);
  const stores = await Promise.all(
    Array.from({ length: 4 }, (_, group) =>
      session.openStore({ owner: `0-${group}`, generation: 1, keyGroups: { first: group, last: group }, parts: [] }),
    ),
  );
  for (const [at, store] of stores.entries()) await put(store, 1, at, new Uint8Array(9_000));
  const handles = await Promise.all(stores.map((store) => store.seal(1)));
  assert.equal(medium.puts, 0);
  await session.flush(1);
  assert.equal(medium.puts, 1);
  await put(stores[2]!, 2, 2, new Uint8Array(9));
  handles[2] = await stores[2]!.seal(2);
  await session.flush(2);
  assert.equal(medium.puts, 1);
  const parts = handles.map((handle) => ({ keyGroups: KEY_GROUPS, handle }));
  const view = await medium.session().openView({ epoch: 2, parts });
  const sizes = (await linesOf(view)).map((line) => line.slice(line.indexOf("=") + 1));
  assert.deepEqual(sizes, ["9000", "9000", "9", "9000"]);
});

test("SegmentStore: an abandoned epoch costs no further object, and its changes are in the next", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  for (let epoch = 1; epoch <= 3; epoch++) {
    await put(opened.store, epoch, epoch, new Uint8Array(3_000 + epoch));
    await opened.store.seal(epoch);
  }
  await put(opened.store, 4, 4, new Uint8Array(3_004));
  const handle = await checkpoint(opened, 4);
  assert.equal(medium.puts, 1);
  assert.equal((await linesOf((await medium.open(4, handle)).store)).length, 4);
});

test("SegmentStore: sealing an epoch again gives the same handle, and an epoch without changes writes nothing", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  await put(opened.store, 1, 1, new Uint8Array(5_000));
  assert.deepEqual(await checkpoint(opened, 1), await checkpoint(opened, 1));
  await checkpoint(opened, 2);
  assert.equal(medium.puts, 1);
});

test("SegmentStore: a write to a sealed epoch, and one to an epoch before the last, are bugs of the engine", async () => {
  const { store } = await new CountingMedium().open(0);
  await store.seal(2);
  await assert.rejects(put(store, 2, 1, new Uint8Array(1)), { code: "INTERNAL" });
  await put(store, 4, 1, new Uint8Array(1));
  await assert.rejects(put(store, 3, 1, new Uint8Array(1)), { code: "INTERNAL" });
});

test("SegmentStore.seal: the layers that stand in the handle are few and small", async () => {
  const opened = await new CountingMedium().open(0);
  for (let epoch = 1; epoch <= 200; epoch++) {
    await put(opened.store, epoch, epoch, new Uint8Array(epoch % 90));
    const handle = await checkpoint(opened, epoch);
    assert.ok(handle.length < 8_000, `${handle.length} bytes at epoch ${epoch}`);
  }
});

test("SegmentStore.write: changes beyond the limit are encoded before the seal, in the order in which they came", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { spillBytes: 1_000, packBytes: 4_000, inlineBytes: 0 });
  await put(opened.store, 1, 0, new Uint8Array(10));
  for (let index = 0; index < 50; index++) {
    await put(opened.store, 2, index % 10, new Uint8Array(300 + index));
    if (index === 30) {
      const range = { from: keyOf(4), to: keyOf(5) };
      await opened.store.write(2, { puts: [], deletes: [keyOf(9)], rangeDeletes: [range] });
    }
  }
  await put(opened.store, 3, 1, new Uint8Array(1));
  assert.ok(medium.puts > 0, "nothing was written before the seal");
  const handle = await checkpoint(opened, 2);
  const restored = await medium.open(2, handle);
  const expected = Array.from({ length: 10 }, (_, index) => `${keyOf(index).join(".")}=${340 + index}`).toSorted();
  assert.deepEqual(await linesOf(restored.store), expected);
});

test("SegmentStore: opening reads indexes alone, one key one block, and a small range little more", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  const puts = Array.from({ length: 40_000 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(100) }));
  await opened.store.write(1, { puts, deletes: [], rangeDeletes: [] });
  const handle = await checkpoint(opened, 1);
  medium.gets = 0;
  medium.readBytes = 0;
  const restored = await medium.open(1, handle);
  const stateBytes = medium.storedBytes;
  assert.ok(medium.readBytes < stateBytes / 100, `${medium.readBytes} of ${stateBytes} bytes at the opening`);
  const opening = medium.gets;
  assert.equal((await restored.store.read([keyOf(20_000)]))[0]?.length, 100);
  assert.equal(medium.gets - opening, 1);
  assert.equal((await restored.store.read([keyOf(20_000), keyOf(20_004)])).length, 2);
  assert.equal(medium.gets - opening, 1);
  for await (const slice of restored.store.scan({ from: keyOf(8_001), to: keyOf(8_021) })) {
    assert.equal(slice.length, 5);
  }
  assert.ok(medium.gets - opening <= 3, `${medium.gets - opening} reads`);
});

test("SegmentStore.scan: all of a state is read with few requests, within the bound of the cache", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  const puts = Array.from({ length: 40_000 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(100) }));
  await opened.store.write(1, { puts, deletes: [], rangeDeletes: [] });
  const handle = await checkpoint(opened, 1);
  const restored = await medium.open(1, handle, { cacheBytes: 200_000 });
  medium.gets = 0;
  assert.equal((await linesOf(restored.store)).length, 40_000);
  assert.ok(medium.gets < 120, `${medium.gets} requests for ${medium.storedBytes} bytes`);
});

test("warm-up: reads a restored state in the background, as much as it may", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  const puts = Array.from({ length: 20_000 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(100) }));
  await opened.store.write(1, { puts, deletes: [], rangeDeletes: [] });
  const handle = await checkpoint(opened, 1);
  const restored = await medium.open(1, handle, { warmUpBytes: 10_000_000 });
  for (let turn = 0; turn < 2_000; turn++) await Promise.resolve();
  medium.gets = 0;
  for (let index = 0; index < 20_000; index += 997) await restored.store.read([keyOf(index)]);
  assert.equal(medium.gets, 0);
});

test("SegmentStore: a segment that is missing, short, damaged or another one is refused by its name", async () => {
  const damages: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | undefined>> = {
    missing: () => undefined,
    short: (bytes) => bytes.subarray(0, bytes.length - 1),
    "damaged in a block": (bytes) => bytes.map((byte, index) => (index === 14 ? byte ^ 1 : byte)),
    "damaged in the index": (bytes) => bytes.map((byte, index) => (index === bytes.length - 30 ? byte ^ 1 : byte)),
    "damaged in the footer": (bytes) => bytes.map((byte, index) => (index === bytes.length - 8 ? byte ^ 1 : byte)),
    "another one": (bytes) => Uint8Array.from(bytes, (_, index) => index & 0xff),
  };
  for (const [kind, damage] of Object.entries(damages)) {
    for (const size of [2_000, 400_000]) {
      const medium = new CountingMedium();
      const opened = await medium.open(0);
      await put(opened.store, 1, 1, new Uint8Array(size));
      const handle = await checkpoint(opened, 1);
      const [name = "", bytes = new Uint8Array(0)] = [...medium.objects].at(-1) ?? [];
      const damaged = damage(bytes);
      if (damaged === undefined) medium.objects.delete(name);
      else medium.objects.set(name, damaged);
      const read = async (): Promise<unknown> => (await medium.open(1, handle)).store.read([keyOf(1)]);
      await assert.rejects(
        read,
        (error: Error & { code: string }) => error.code === "STATE_CORRUPT" && error.message.includes(name),
        `${kind}, ${size} bytes`,
      );
    }
  }
});

test("INC-04 COR-13 SegmentStore: a fold between a seal and its completion takes nothing that the seal names", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { inlineBytes: 0 });
  const store = opened.store as SegmentStore;
  let handle = new Uint8Array(0);
  for (let epoch = 1; epoch <= 6; epoch++) {
    await put(store, epoch, epoch, new Uint8Array(1_000));
    handle = new Uint8Array(await checkpoint(opened, epoch));
  }
  await opened.session.release([retainedOf(6, handle)]);
  // Epoch 7 is pending: it is sealed and flushed, and no head lists it yet.
  await put(store, 7, 7, new Uint8Array(1_000));
  const pending = await checkpoint(opened, 7);
  await store.folded();
  await put(store, 8, 8, new Uint8Array(9_000));
  await store.seal(8);
  await store.folded();
  await opened.session.release([retainedOf(6, handle)]);
  assert.equal((await linesOf((await medium.open(7, pending)).store)).length, 7);
  assert.equal((await linesOf((await medium.open(6, handle)).store)).length, 6);
  assert.deepEqual((await opened.session.audit([retainedOf(6, handle)])).missing, ["1-6"]);
});

/** Two checkpoints whose layers are one now, in an object whose name says epoch 2, and which no handle names yet. */
async function foldedAtTwo() {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { inlineBytes: 0 });
  const store = opened.store as SegmentStore;
  await put(store, 1, 1, new Uint8Array(1_000));
  await checkpoint(opened, 1);
  await put(store, 2, 2, new Uint8Array(1_000));
  const second = await checkpoint(opened, 2);
  await store.folded();
  return { medium, opened, store, second };
}

test("INC-04 COR-13 SegmentStore: what only a pending handle names stays, when the chain has been folded on", async () => {
  const { medium, opened, store, second } = await foldedAtTwo();
  // Only the handle of epoch 3 names what was folded.
  await put(store, 3, 3, new Uint8Array(100));
  const pending = await checkpoint(opened, 3);
  await put(store, 4, 4, new Uint8Array(9_000));
  await store.seal(4);
  await store.folded();
  await opened.session.release([retainedOf(2, second)]);
  assert.equal((await linesOf((await medium.open(3, pending)).store)).length, 3);
});

test("INC-04 COR-13 BackendSession.release: a clean-up that is overtaken by the end of its stores takes nothing", async () => {
  const { medium, opened, store, second } = await foldedAtTwo();
  // Meanwhile the head comes to list epoch 3, which builds upon what was folded at epoch 2, and the attempt fails.
  await put(store, 3, 3, new Uint8Array(100));
  const third = await checkpoint(opened, 3);
  medium.whileListing = () => store.close();
  await opened.session.release([retainedOf(2, second)]);
  assert.equal((await linesOf((await medium.open(3, third)).store)).length, 3);
});

test("INC-04 RST-06 BackendSession.release: a store that takes the place of a closed one lets clean-ups take things again", async () => {
  const { medium, opened, store, second } = await foldedAtTwo();
  const { session } = opened;
  await store.close();
  const parts = [{ keyGroups: KEY_GROUPS, handle: second }];
  const again = await session.openStore({ owner: "0-0", generation: 2, keyGroups: KEY_GROUPS, parts, epoch: 2 });
  let newest = retainedOf(2, second);
  for (const epoch of [3, 4, 5]) {
    await put(again, epoch, epoch, new Uint8Array(5_000));
    newest = retainedOf(epoch, await checkpoint({ session, store: again }, epoch));
    await (again as SegmentStore).folded();
  }
  const before = medium.objects.size;
  await session.release([newest]);
  assert.ok(medium.objects.size < before);
  assert.deepEqual((await session.audit([newest])).orphaned, []);
  assert.equal((await linesOf((await medium.open(5, newest.handles[0])).store)).length, 5);
});

test("INC-04 RST-06 BackendSession.release: a clean-up after an older checkpoint than such a store began at takes nothing", async () => {
  const { medium, opened, store, second } = await foldedAtTwo();
  const { session } = opened;
  // Epoch 3 builds upon what was folded at epoch 2, and epoch 4 upon what was folded since.
  await put(store, 3, 3, new Uint8Array(9_000));
  const third = await checkpoint(opened, 3);
  await store.folded();
  await put(store, 4, 4, new Uint8Array(100));
  const fourth = await checkpoint(opened, 4);
  await store.close();
  const parts = [{ keyGroups: KEY_GROUPS, handle: fourth }];
  await session.openStore({ owner: "0-0", generation: 2, keyGroups: KEY_GROUPS, parts, epoch: 4 });
  await session.release([retainedOf(2, second)]);
  assert.equal((await linesOf((await medium.open(3, third)).store)).length, 3);
});

test("INC-04 COR-13 SegmentStore.write: a clean-up leaves what is being written out ahead of its checkpoint", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { segmentBytes: 300, packBytes: 300, spillBytes: 2_000 });
  await put(opened.store, 1, 1, new Uint8Array(100));
  const first = await checkpoint(opened, 1);
  const before = medium.puts;
  let released = 0;
  medium.whilePutting = async () => {
    if (medium.puts < before + 2 || released++ > 0) return;
    await opened.session.release([retainedOf(1, first)]);
  };
  for (let index = 2; index < 12; index++) await put(opened.store, 2, index, new Uint8Array(300));
  const second = await checkpoint(opened, 2);
  assert.ok(released > 0);
  assert.equal((await linesOf((await medium.open(2, second)).store)).length, 11);
});

test("COR-17 SegmentStore.export: what a savepoint reads stays, whatever is released meanwhile", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { inlineBytes: 0, blockBytes: 200, cacheBytes: 0 });
  for (let index = 0; index < 3_000; index++) await put(opened.store, 1, index, new Uint8Array(100));
  const first = await checkpoint(opened, 1);
  await opened.session.release([retainedOf(1, first)]);
  let exported = 0;
  for await (const slice of opened.store.export(1)) {
    exported += slice.length;
    await put(opened.store, 2 + exported, exported, new Uint8Array(100_000));
    const handle = await checkpoint(opened, 2 + exported);
    await (opened.store as SegmentStore).folded();
    const later = retainedOf(2 + exported, handle);
    await opened.session.release([retainedOf(1, first), later]);
  }
  assert.equal(exported, 3_000);
});

test("decodeHandle: refuses what is damaged, and scopes that are not there", () => {
  assert.throws(() => decodeHandle(new Uint8Array(20)), { code: "STATE_CORRUPT" });
});
