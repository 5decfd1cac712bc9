import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import { checkpoint, CountingMedium, keyOf, put } from "./segment-medium.ts";

const KEYS = 240;

/** 400 kB in one layer, in a dozen blocks. */
async function layered(medium: CountingMedium): Promise<Uint8Array> {
  const opened = await medium.open(0);
  for (let index = 0; index < KEYS; index++) await put(opened.store, 1, index, new Uint8Array(1_700).fill(index));
  return checkpoint(opened, 1);
}

/** All keys, not in their order. */
const shuffled: readonly Uint8Array[] = Array.from({ length: KEYS }, (_, at) => keyOf((at * 7) % KEYS));

test("SegmentStore.read: blocks that lie near each other are read with one request", async () => {
  const medium = new CountingMedium();
  const { store } = await medium.open(1, await layered(medium), { cacheBytes: 0 });
  medium.gets = 0;
  const found = await store.read(shuffled);
  assert.deepEqual(
    found.map((value) => value?.[0]),
    shuffled.map((key) => (((key[4] as number) << 8) | (key[5] as number)) & 0xff),
  );
  assert.equal(medium.gets, 1);
  // Far apart, each is read by itself.
  medium.gets = 0;
  medium.readBytes = 0;
  await store.read([keyOf(0), keyOf(KEYS - 1)]);
  assert.equal(medium.gets, 2);
  assert.ok(medium.readBytes < 80_000, `${medium.readBytes} bytes`);
});

test("SegmentStore.read: what is asked for twice at one time is read once, and after a failure again", async () => {
  const medium = new CountingMedium();
  const { store } = await medium.open(1, await layered(medium), { cacheBytes: 0 });
  medium.isDown = true;
  const failing = await Promise.allSettled([store.read(shuffled), store.read([keyOf(1)])]);
  assert.deepEqual(
    failing.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  medium.isDown = false;
  medium.gets = 0;
  const [one, other] = await Promise.all([store.read([keyOf(1)]), store.read([keyOf(1), keyOf(1)])]);
  assert.deepEqual(
    [one?.[0], other?.[0], other?.[1]],
    Array.from({ length: 3 }, () => new Uint8Array(1_700).fill(1)),
  );
  assert.equal(medium.gets, 1);
});

test("SegmentStore: of all reads that are asked for no more than parallelReads are under way, also after some have failed", async () => {
  const medium = new CountingMedium();
  const written = await medium.open(0, undefined, { segmentBytes: 2_000 });
  for (let index = 0; index < KEYS; index++) await put(written.store, 1, index, new Uint8Array(1_700).fill(index));
  const handle = await checkpoint(written, 1);
  let underWay = 0;
  let most = 0;
  medium.whileGetting = async () => {
    most = Math.max(most, ++underWay);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    underWay--;
  };
  const tuning = { parallelReads: 5, cacheBytes: 0 };
  // A start asks for the indexes of all segments.
  const { store, session } = await medium.open(1, handle, tuning);
  assert.deepEqual([most, underWay], [5, 0]);
  assert.ok(medium.gets > 50, `${medium.gets} requests`);
  medium.isDown = true;
  await assert.rejects(store.read(shuffled), /the network is gone/);
  // The others fail as well.
  for (let quiet = 0; quiet < 50; quiet = underWay > 0 ? 0 : quiet + 1) await Promise.resolve();
  medium.isDown = false;
  most = 0;
  assert.equal((await store.read(shuffled)).filter((value) => value === undefined).length, 0);
  assert.equal(most, 5);
  await session.close();
});

test("SegmentStore.read: layers that do not have a key are not read for it", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  const value = new Uint8Array(1_000);
  const write = async (epoch: number, count: number): Promise<Uint8Array> => {
    // Later ones lie scattered among those that are there, and are never one of them.
    for (let at = 0; at < count; at++) await put(opened.store, epoch, at * 16 + 4 * epoch, value);
    return checkpoint(opened, epoch);
  };
  // So much less each time that nothing is folded.
  await write(1, 1_800);
  await write(2, 600);
  const handle = await write(3, 300);
  const { store } = await medium.open(3, handle, { cacheBytes: 0 });
  assert.equal(decodeHandle(handle).layers.length, 3);
  medium.gets = 0;
  for (let at = 0; at < 100; at++) assert.equal((await store.read([keyOf(at * 48 + 4)]))[0]?.length, 1_000);
  assert.ok(medium.gets >= 100 && medium.gets <= 106, `${medium.gets} requests for 100 keys`);
});

test("SegmentStore.scan: no block is read that lies behind the range", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { blockBytes: 1, inlineBytes: 0 });
  // A block for each, and too much to be read as a whole.
  for (let index = 0; index < 8 * KEYS; index += 8) await put(opened.store, 1, index, new Uint8Array(2_000));
  const { store } = await medium.open(1, await checkpoint(opened, 1), { cacheBytes: 0 });
  const scanned = async (from: number, to: number): Promise<readonly number[]> => {
    medium.gets = 0;
    let entries = 0;
    for await (const slice of store.scan({ from: keyOf(from), to: keyOf(to) })) entries += slice.length;
    return [entries, medium.gets];
  };
  assert.deepEqual(await scanned(40, 48), [1, 1]);
  // The block before may go on that far: nobody knows.
  assert.deepEqual(await scanned(44, 48), [0, 1]);
  assert.deepEqual(await scanned(44, 56), [1, 2]);
  // What goes on behind its first block is read in larger pieces.
  assert.deepEqual(await scanned(40, 112), [9, 2]);
});
