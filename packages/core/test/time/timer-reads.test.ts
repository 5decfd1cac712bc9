import assert from "node:assert/strict";
import { it } from "node:test";
import { compareBytes } from "../../src/bytes/compare.ts";
import { EVENT_TIMERS } from "../../src/state/entry-codec.ts";
import type { Slot } from "../../src/state/layout.ts";
import { SLICE_ENTRIES_MAX, sliceOf } from "../../src/state/segments/slices.ts";
import { TimerQueue } from "../../src/time/timer-queue.ts";
import { PagedStore, pagedTable } from "../state/paging/paged-store.ts";

const SLOTS: readonly Slot[] = [{ name: EVENT_TIMERS, kind: "timers", version: 0 }];
const TIMERS = 20_000;
const TIME = 1_000;

/** What is taken in one turn of the event loop: reading ends with the slice of the store that takes it to 1,024. */
const TAKEN_MAX: number = 1_023 + SLICE_ENTRIES_MAX;

class LongSlices extends PagedStore {
  override async slice({ from, to }: { readonly from: Uint8Array; readonly to: Uint8Array }) {
    return sliceOf(this.entries, from, false).filter(({ key }) => compareBytes(key, to) < 0);
  }
}

it("reads a bounded number of timers at once, however much memory there is, and each of them once", async () => {
  const store = new LongSlices(true);
  const before = pagedTable(store, SLOTS);
  before.pager.isComplete = true;
  const set = new TimerQueue(before.table, 0);
  for (let key = 0; key < TIMERS; key++) set.register(before.table.row(before.table.space(null), key), TIME);
  store.freeze(before.table);
  store.writeAll();

  const { table, pager } = pagedTable(store, SLOTS);
  const timers = new TimerQueue(table, 0);
  timers.openPartly();
  const fired = new Set<unknown>();
  let reads = 0;
  while (timers.isShort(TIME)) {
    const read = await timers.read(pager, TIME);
    const taken = read.reduce((sum, { entries }) => sum + entries.length, 0);
    assert.ok(taken <= TAKEN_MAX, `${taken} timers in one read`);
    reads++;
    timers.readEnded(read);
    for (let due = timers.take(TIME); due !== undefined; due = timers.take(TIME)) {
      timers.fire(due);
      assert.ok(!fired.has(due.row.key), `key ${String(due.row.key)} fires again`);
      fired.add(due.row.key);
    }
  }
  assert.equal(fired.size, TIMERS);
  assert.ok(reads >= 3, `${reads} reads`);
});

it("keeps what waits to fire in memory, and set, while memory is made free", () => {
  const store = new LongSlices(true);
  const { table, pager } = pagedTable(store, SLOTS);
  pager.isComplete = true;
  const timers = new TimerQueue(table, 0);
  for (let key = 0; key < 100; key++) timers.register(table.row(table.space(null), key), TIME);
  store.freeze(table);
  store.writeAll();
  for (let round = 0; round < 3; round++) pager.evict(Infinity);
  const fired = new Set<unknown>();
  for (let due = timers.take(TIME); due !== undefined; due = timers.take(TIME)) {
    timers.fire(due);
    fired.add(due.row.key);
  }
  assert.equal(fired.size, 100);
});

it("keeps what was set while the store was read past it, however long that was written before its turn comes", async () => {
  const store = new LongSlices(true);
  const { table, pager } = pagedTable(store, SLOTS);
  const timers = new TimerQueue(table, 0);
  timers.openPartly();
  const reading = timers.read(pager, TIME);
  const count = 3_000;
  for (let key = 0; key < count; key++) timers.register(table.row(table.space(null), key), TIME);
  timers.readEnded(await reading);
  store.freeze(table);
  store.writeAll();
  const fired = new Set<unknown>();
  for (let round = 0; round < 3; round++) {
    timers.balance(pager);
    pager.evict(Infinity);
  }
  for (let due = timers.take(TIME); due !== undefined; due = timers.take(TIME)) {
    timers.fire(due);
    fired.add(due.row.key);
  }
  assert.equal(fired.size, count);
});

it("lets go of what was written and is still to be read", async () => {
  const store = new LongSlices(true);
  const { table, pager } = pagedTable(store, SLOTS);
  const timers = new TimerQueue(table, 0);
  timers.openPartly();
  const count = 3_000;
  for (let key = 0; key < count; key++) timers.register(table.row(table.space(null), key), TIME);
  store.freeze(table);
  store.writeAll();
  for (let round = 0; round < 3; round++) timers.balance(pager);
  for (let round = 0; round < 3; round++) pager.evict(Infinity);
  assert.equal(table.space(null).size, 0);
});
