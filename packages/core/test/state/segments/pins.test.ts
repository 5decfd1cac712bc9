/** What is being read stays, whatever becomes of the checkpoints that named it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { StateEntry } from "../../../src/state/backend.ts";
import { ALL_KEYS } from "../../../src/state/key-range.ts";
import { decodeHandle, namesOf } from "../../../src/state/segments/handle-codec.ts";
import {
  checkpoint,
  CountingMedium,
  KEY_GROUPS,
  keyOf,
  linesOf,
  type Opened,
  put,
  retainedOf,
} from "./segment-medium.ts";

const KEYS = 40;

async function writeAll(opened: Opened, epoch: number): Promise<Uint8Array> {
  for (let index = 0; index < KEYS; index++) await put(opened.store, epoch, index, new Uint8Array(1_700).fill(epoch));
  return checkpoint(opened, epoch);
}

/** A checkpoint, opened by a process that then writes until its newest one names nothing of the first. */
async function overwritten(begin: (opened: Opened, first: Uint8Array) => Promise<void>) {
  const medium = new CountingMedium();
  const first = await writeAll(await medium.open(0), 1);
  const old = namesOf(decodeHandle(first).layers);
  const opened = await medium.open(1, first, { cacheBytes: 0 });
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  let isHeld = true;
  medium.whileGetting = async () => {
    if (!isHeld) return;
    isHeld = false;
    await gate;
  };
  await begin(opened, first);
  assert.equal(isHeld, false, "nothing was asked for");
  let [epoch, handle] = [1, first];
  const names = (): readonly string[] => namesOf(decodeHandle(handle).layers);
  while (names().some((name) => old.includes(name))) {
    assert.ok(++epoch < 20, "the first checkpoint was never folded away");
    handle = await writeAll(opened, epoch);
    // Folds go on behind the writes.
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  }
  const release = (): Promise<void> => opened.session.release([retainedOf(epoch, handle)]);
  const isThere = (): boolean => old.every((name) => medium.objects.has(name));
  return { opened, release, isThere, go };
}

test("INC-04 COR-13 SegmentStore.read: what a read waits for stays until it has come", async () => {
  let reading: Promise<readonly (Uint8Array | undefined)[]> | undefined;
  const { release, isThere, go } = await overwritten(async ({ store }) => {
    reading = store.read([keyOf(3)]);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  });
  await release();
  assert.ok(isThere());
  go();
  assert.deepEqual((await reading)?.[0], new Uint8Array(1_700).fill(1));
  await release();
  assert.ok(!isThere());
});

test("INC-04 COR-13 BackendSession.openView: what a view shows stays until it is closed", async () => {
  let lines: readonly string[] = [];
  let close = (): Promise<void> => Promise.resolve();
  let show = (): Promise<readonly string[]> => Promise.resolve([]);
  const { release, isThere, go } = await overwritten(async ({ session, store }, handle) => {
    const view = await session.openView({ epoch: 1, parts: [{ keyGroups: KEY_GROUPS, handle }] });
    close = () => view.close();
    show = () => linesOf(view);
    // Something has to be asked for, so that the gate is behind it.
    const slices = store.scan(ALL_KEYS)[Symbol.asyncIterator]();
    void slices.next();
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  });
  go();
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  await release();
  assert.ok(isThere());
  lines = await show();
  assert.equal(lines.length, KEYS);
  await close();
  await release();
  assert.ok(!isThere());
});

test("SegmentStore.scan: an entry that is cleared and written anew while a block is read is shown as it was or as it is", async () => {
  const medium = new CountingMedium();
  const { store } = await medium.open(1, await writeAll(await medium.open(0), 1), { cacheBytes: 0 });
  const clear = (index: number) => ({ from: keyOf(index), to: Uint8Array.of(...keyOf(index), 0) });
  // Something has been cleared before: the scan looks for it.
  await store.write(2, { puts: [], deletes: [], rangeDeletes: [clear(4)] });
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  medium.whileGetting = () => gate;
  const slices = store.scan(ALL_KEYS)[Symbol.asyncIterator]();
  const slice = slices.next();
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  const value = new Uint8Array(1_700).fill(2);
  await store.write(2, { puts: [{ key: keyOf(8), value }], deletes: [], rangeDeletes: [clear(8)] });
  go();
  const { value: entries } = await slice;
  const keys = (entries as readonly StateEntry[]).map(({ key }) => key[5]);
  assert.ok(!keys.includes(4) && keys.includes(8), `found ${keys.join(", ")}`);
});
