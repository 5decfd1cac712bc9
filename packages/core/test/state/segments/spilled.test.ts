import assert from "node:assert/strict";
import { test } from "node:test";

import { StateError } from "../../../src/errors.ts";
import type { StateStore } from "../../../src/state/backend.ts";
import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import type { SegmentStore } from "../../../src/state/segments/store.ts";
import { DEFAULT_TUNING } from "../../../src/state/segments/tuning.ts";
import { checkpoint, CountingMedium, linesOf, put, retainedOf } from "./segment-medium.ts";

/** What a handle may name: what was sealed before, small layers that stand in it, and what was spilled since. */
const HANDLE_MAX = DEFAULT_TUNING.chainMax + 8 + DEFAULT_TUNING.spilledMax;

/** What a read may pass: what a handle names, and what was spilled since. */
const DEPTH_MAX = HANDLE_MAX + DEFAULT_TUNING.spilledMax;

/** So small that each write spills. */
const SPILLING = { spillBytes: 1_000, packBytes: 4_000, segmentBytes: 8_000, blockBytes: 500, cacheBytes: 10_000 };

test("SegmentStore.write: however much is spilled between two seals, a read passes few layers at any moment", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  const store = opened.store as SegmentStore;
  // Each answer takes some turns, so that writes come faster than layers are merged.
  const slowly = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.ok(store.depth <= DEPTH_MAX, `${store.depth} layers while the medium is asked`);
  };
  medium.whileGetting = slowly;
  medium.whilePutting = slowly;
  let deepest = 0;
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (let spill = 0; spill < 200; spill++) {
      await put(store, epoch, epoch * 1_000 + spill, new Uint8Array(1_000 + spill));
      deepest = Math.max(deepest, store.depth);
      assert.ok(store.depth <= DEPTH_MAX, `${store.depth} layers after ${spill} spills of epoch ${epoch}`);
    }
    const layers = decodeHandle(await checkpoint(opened, epoch)).layers.length;
    assert.ok(layers <= HANDLE_MAX, `${layers} layers sealed at epoch ${epoch}`);
  }
  assert.ok(deepest >= DEFAULT_TUNING.spilledMax, `${deepest} layers at most: nothing was spilled`);
  assert.equal((await linesOf(store)).length, 600);
});

/** A store whose next seal but one waits for a fold, and the objects that the fold reads. */
async function withLongChain() {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { ...SPILLING, chainMax: 2 });
  const store = opened.store as SegmentStore;
  for (let epoch = 1; epoch <= 3; epoch++) {
    // Falling sizes: nothing is due but what the length of the chain asks for.
    for (let index = 0; index < 10 ** (3 - epoch); index++) {
      await put(store, epoch, epoch * 1_000 + index, new Uint8Array(1_200));
    }
    const handle = await checkpoint(opened, epoch);
    await opened.session.release([retainedOf(epoch, handle)]);
    await store.folded();
  }
  return { medium, opened, store, sealed: new Set(medium.objects.keys()) };
}

test("SegmentStore.write: spills go on while a seal waits for a fold of what was sealed", async () => {
  const { medium, opened, store, sealed } = await withLongChain();
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  let held = 0;
  medium.whileGetting = async (name) => {
    if (!sealed.has(name)) return;
    held++;
    await answered;
  };
  for (let index = 0; index < 5; index++) await put(store, 4, index, new Uint8Array(1_200));
  await checkpoint(opened, 4);
  const sealing = store.seal(5);
  for (let index = 0; index < 100; index++) await put(store, 6, 6_000 + index, new Uint8Array(1_200));
  assert.ok(held > 0, "no fold was under way");
  answer();
  await sealing;
  assert.equal((await linesOf(store)).length, 216);
});

test("SegmentStore.seal: however many seals fail, a read passes few layers, and the next one names all changes", async () => {
  const { medium, opened, store, sealed } = await withLongChain();
  medium.whileGetting = async (name) => {
    if (sealed.has(name)) throw new StateError("STATE_IO", "Cannot get: the network is gone", { retryable: true });
  };
  for (let index = 0; index < 5; index++) await put(store, 4, index, new Uint8Array(1_200));
  await checkpoint(opened, 4);
  const most = store.depth + DEFAULT_TUNING.spilledMax;
  for (let epoch = 5; epoch < 45; epoch++) {
    await put(store, epoch, epoch * 1_000, new Uint8Array(1_200));
    await put(store, epoch, epoch * 1_000 + 1, new Uint8Array(10));
    await assert.rejects(store.seal(epoch), { code: "STATE_IO" });
    assert.ok(store.depth <= most, `${store.depth} layers after the seal of epoch ${epoch}`);
  }
  medium.whileGetting = async () => undefined;
  const handle = await checkpoint(opened, 45);
  assert.equal((await linesOf((await medium.open(45, handle)).store)).length, 111 + 5 + 80);
});

/** Writes until a write is refused, which has to come before the `most`th. @returns how many were taken. */
async function takenUntilRefused(store: StateStore, most: number): Promise<number> {
  let taken = 0;
  const fill = async (): Promise<void> => {
    for (; ; taken++) {
      assert.ok(taken < most, "nothing was refused");
      await put(store, 1, taken, new Uint8Array(1_200));
    }
  };
  await assert.rejects(fill, { code: "STATE_IO", retryable: true });
  return taken;
}

test("SegmentStore.write: refuses what there is no room for while merging fails, and takes all of it later", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  const store = opened.store as SegmentStore;
  medium.whileGetting = async () => {
    medium.isDown = true;
  };
  let taken = await takenUntilRefused(store, 1_000);
  await assert.rejects(put(store, 1, taken, new Uint8Array(1_200)), { code: "STATE_IO" });
  medium.whileGetting = async () => undefined;
  medium.isDown = false;
  assert.equal((await linesOf(store)).length, taken);
  for (let index = 0; index < 50; index++) await put(store, 1, taken++, new Uint8Array(1_200));
  const handle = await checkpoint(opened, 1);
  assert.equal((await linesOf((await medium.open(1, handle)).store)).length, taken);
});

test("SegmentStore.seal: refuses what a merge has failed with if that will not mend", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  let damaged = 0;
  medium.whileGetting = async () => {
    damaged++;
    throw new StateError("STATE_CORRUPT", "Cannot get: it is damaged");
  };
  for (let index = 0; damaged === 0; index++) await put(opened.store, 1, index, new Uint8Array(1_200));
  await assert.rejects(opened.store.seal(1), { code: "STATE_CORRUPT" });
});

test("SegmentStore.seal: what it takes is read at every moment", async () => {
  const medium = new CountingMedium();
  const store = (await medium.open(0, undefined, SPILLING)).store as SegmentStore;
  await put(store, 1, 0, new Uint8Array(1_200));
  await put(store, 1, 1, new Uint8Array(10));
  const sealing = store.seal(1);
  let isOver = false;
  void sealing.then(() => (isOver = true));
  let moments = 0;
  for (; !isOver; moments++) {
    assert.ok(store.depth > 0, `nothing is read in moment ${moments} of the seal`);
    await Promise.resolve();
  }
  assert.ok(moments > 1);
  assert.equal(store.depth, 2);
});

test("SegmentStore.write: refuses more than a few objects that cannot be written, and writes them later", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  const { store } = opened;
  medium.whilePutting = async () => {
    throw new StateError("STATE_IO", "Cannot put: the network is gone", { retryable: true });
  };
  // Three objects that could not be written, of four changes each: one more than may be on their way.
  let taken = await takenUntilRefused(store, 13);
  medium.whilePutting = async () => undefined;
  for (let index = 0; index < 50; index++) await put(store, 1, taken++, new Uint8Array(1_200));
  const handle = await checkpoint(opened, 1);
  assert.equal((await linesOf((await medium.open(1, handle)).store)).length, taken);
});

test("INC-04 COR-13 SegmentStore.write: a clean-up leaves what is being merged, and takes what was", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  await put(opened.store, 1, 5_000, new Uint8Array(10));
  const first = retainedOf(1, await checkpoint(opened, 1));
  medium.whilePutting = () => opened.session.release([first]);
  for (let index = 0; index < 100; index++) await put(opened.store, 2, index, new Uint8Array(1_200));
  const handle = await checkpoint(opened, 2);
  assert.equal((await linesOf((await medium.open(2, handle)).store)).length, 101);
  medium.whilePutting = async () => undefined;
  await opened.session.release([retainedOf(2, handle)]);
  const audit = await opened.session.audit([retainedOf(2, handle)]);
  assert.deepEqual([audit.orphaned, audit.missing], [[], ["1-2"]]);
});

test("INC-04 COR-13 BackendSession.release: a clean-up leaves what is spilled while it lists", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  await put(opened.store, 1, 5_000, new Uint8Array(10));
  const first = retainedOf(1, await checkpoint(opened, 1));
  const { puts } = medium;
  medium.whileListing = async () => {
    for (let index = 0; index < 20; index++) await put(opened.store, 2, index, new Uint8Array(1_200));
    assert.ok(medium.puts > puts, "nothing was written");
  };
  await opened.session.release([first]);
  medium.whileListing = async () => undefined;
  const handle = await checkpoint(opened, 2);
  assert.equal((await linesOf((await medium.open(2, handle)).store)).length, 21);
});

test("SegmentStore.close: whoever waits for room learns of it, and no merge has an effect", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, SPILLING);
  const store = opened.store as SegmentStore;
  let closing: Promise<void> | undefined;
  let index = 0;
  let before = 0;
  let depth = 0;
  medium.whileGetting = async () => {
    // Only when a write waits for room.
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
    if (closing === undefined) before = index;
    depth = store.depth;
    closing ??= opened.session.close();
  };
  const write = async (): Promise<void> => {
    for (; index < 1_000; index++) await put(opened.store, 1, index, new Uint8Array(1_200));
  };
  await assert.rejects(write, { code: "STATE_CLOSED" });
  assert.equal(index, before, "the write that waited was taken");
  await closing;
  assert.equal(store.depth, depth);
});
