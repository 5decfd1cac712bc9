/** What is read once, and by nobody who will ask again, leaves the cache of blocks to those that do. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { StateEntry } from "../../../src/state/backend.ts";
import { ALL_KEYS } from "../../../src/state/key-range.ts";
import { checkpoint, CountingMedium, KEY_GROUPS, keyOf, put } from "./segment-medium.ts";

const KEYS = 240;
/** Room for three blocks of a dozen. */
const CACHE_BYTES = 110_000;

/** A restored state of 400 kB in one layer. */
async function restored() {
  const medium = new CountingMedium();
  const opened = await medium.open(0);
  for (let index = 0; index < KEYS; index++) await put(opened.store, 1, index, new Uint8Array(1_700).fill(index));
  const handle = await checkpoint(opened, 1);
  const { store, session } = await medium.open(1, handle, { cacheBytes: CACHE_BYTES });
  /** How many requests it takes. */
  const costs = async (act: () => Promise<unknown>): Promise<number> => {
    const before = medium.gets;
    await act();
    return medium.gets - before;
  };
  return { store, session, handle, costs };
}

async function all(slices: AsyncIterable<readonly StateEntry[]>): Promise<void> {
  let entries = 0;
  for await (const slice of slices) entries += slice.length;
  assert.equal(entries, KEYS);
}

/** Far apart: each is in a block of its own. */
const HOT = [keyOf(3), keyOf(102), keyOf(201)] as const;

test("StateStore.scan: one that says once leaves what is hot in the cache, and any other does not", async () => {
  const { store, costs } = await restored();
  assert.ok((await costs(() => store.read(HOT))) > 0);
  assert.equal(await costs(() => store.read(HOT)), 0);
  assert.ok((await costs(() => all(store.scan(ALL_KEYS, { once: true })))) > 0);
  assert.equal(await costs(() => store.read(HOT)), 0);
  await all(store.scan(ALL_KEYS));
  assert.ok((await costs(() => store.read(HOT))) > 0);
});

test("StateStore.scan: what one that says once comes by counts as used no later than before", async () => {
  const { store, costs } = await restored();
  const [oldest, ...others] = HOT;
  await store.read([oldest]);
  for (const key of others) await store.read([key]);
  for await (const slice of store.scan({ from: oldest, to: keyOf(7) }, { once: true })) assert.equal(slice.length, 1);
  // Another block needs room.
  await store.read([keyOf(8)]);
  assert.equal(await costs(() => store.read(others)), 0);
  assert.equal(await costs(() => store.read([oldest])), 1);
});

test("StateStore.scan: of one that says once, each request reads what a slice takes", async () => {
  const { store, costs } = await restored();
  assert.ok((await costs(() => all(store.scan(ALL_KEYS, { once: true })))) <= 4);
});

test("StateStore.export and BackendSession.openView leave what is hot in the cache", async () => {
  const { store, session, handle, costs } = await restored();
  await store.read(HOT);
  await all(store.export(1));
  assert.equal(await costs(() => store.read(HOT)), 0);
  const view = await session.openView({ epoch: 1, parts: [{ keyGroups: KEY_GROUPS, handle }] });
  await all(view.scan(ALL_KEYS));
  await view.close();
  assert.equal(await costs(() => store.read(HOT)), 0);
});
