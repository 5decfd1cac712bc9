import assert from "node:assert/strict";
import { it } from "node:test";
import { compareBytes } from "../../src/bytes/compare.ts";
import { EVENT_TIMERS } from "../../src/state/entry-codec.ts";
import { keyGroupOf } from "../../src/state/key-groups.ts";
import type { Slot } from "../../src/state/layout.ts";
import { SLICE_ENTRIES_MAX, sliceOf } from "../../src/state/segments/slices.ts";
import { StateMemory } from "../../src/state/paging/state-memory.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { TimerQueue } from "../../src/time/timer-queue.ts";
import { KEY_GROUPS } from "../state/table-store.ts";
import { PagedStore, pagedTable } from "../state/paging/paged-store.ts";
import { TimerHorizon } from "../../src/time/timer-horizon.ts";

const SLOTS: readonly Slot[] = [{ name: EVENT_TIMERS, kind: "timers", version: 0 }];
const TIMERS = 20_000;
const TIME = 1_000;

/** What is taken in one turn of the event loop: reading ends with the slice of the store that takes it to 1,024. */
const TAKEN_MAX: number = 1_023 + SLICE_ENTRIES_MAX;

class LongSlices extends PagedStore {
  /** How many entries were given away. */
  given = 0;
  asked = 0;

  override async slice({ from, to }: { readonly from: Uint8Array; readonly to: Uint8Array }) {
    this.asked++;
    const slice = sliceOf(this.entries, from, false).filter(({ key }) => compareBytes(key, to) < 0);
    this.given += slice.length;
    return slice;
  }
}

/** Keys of 16 key groups, of which the first one has hardly any. */
const UNEVEN: readonly number[] = Array.from({ length: 24_000 }, (_, key) => key).filter(
  (key) => key < 40 || keyGroupOf(key, 16) > 0,
);

for (const [how, keys, keyGroups] of [
  ["however much memory there is", Array.from({ length: TIMERS }, (_, key) => key), KEY_GROUPS],
  ["however many more the others have than the first key group", UNEVEN, 16],
] as const) {
  it(`reads a bounded number of timers at once, ${how}, and each of them once`, async () => {
    const store = new LongSlices(true);
    const before = pagedTable(store, SLOTS, undefined, keyGroups);
    before.pager.isComplete = true;
    const set = new TimerQueue(before.table, 0, new TimerHorizon(before.table, 0));
    for (const key of keys) set.register(before.table.row(before.table.space(null), key), TIME);
    store.freeze(before.table);
    store.writeAll();

    const { table, pager } = pagedTable(store, SLOTS, undefined, keyGroups);
    const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
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
    assert.equal(fired.size, keys.length);
    assert.ok(reads >= 3, `${reads} reads`);
  });
}

it("keeps what waits to fire in memory, and set, while memory is made free", () => {
  const store = new LongSlices(true);
  const { table, pager } = pagedTable(store, SLOTS);
  pager.isComplete = true;
  const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
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
  const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
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

it("lets go of what was written and is still to be read, a thousand at a time", async () => {
  const store = new LongSlices(true);
  const { table, pager } = pagedTable(store, SLOTS);
  const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
  timers.openPartly();
  const count = 3_000;
  for (let key = 0; key < count; key++) timers.register(table.row(table.space(null), key), TIME);
  store.freeze(table);
  store.writeAll();
  for (const left of [count - 1_024, count - 2_048, 0]) {
    timers.balance(pager);
    for (let round = 0; round < 3; round++) pager.evict(Infinity);
    assert.equal(table.space(null).size, left);
  }
});

/** Sets so many timers, has them written, and lets them fire as a job does that begins anew. */
async function fireAll(count: number, timeOf: (key: number) => number) {
  const store = new LongSlices(true);
  const before = pagedTable(store, SLOTS);
  before.pager.isComplete = true;
  const set = new TimerQueue(before.table, 0, new TimerHorizon(before.table, 0));
  for (let key = 0; key < count; key++) set.register(before.table.row(before.table.space(null), key), timeOf(key));
  store.freeze(before.table);
  store.writeAll();

  const { table, pager } = pagedTable(store, SLOTS, new StateMemory(16 * 1024 * 1024));
  const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
  timers.openPartly();
  let fired = 0;
  let held = 0;
  while (timers.isShort(Infinity)) {
    timers.readEnded(await timers.read(pager, Infinity));
    held = Math.max(held, timers.held);
    for (let due = timers.take(Infinity); due !== undefined; due = timers.take(Infinity)) {
      timers.fire(due);
      fired++;
    }
  }
  return { fired, held, given: store.given, heldMax: pager.memory.timersMax };
}

it("reads the key groups evenly, so that few timers wait for others to be read as far", async () => {
  const { fired, held, heldMax } = await fireAll(8_000, (key) => key);
  assert.equal(fired, 8_000);
  assert.ok(held <= heldMax, `${held} timers waited`);
});

it("reads timers of one instant a few times at most, however many a key group has", async () => {
  const { fired, given } = await fireAll(TIMERS, () => TIME);
  assert.equal(fired, TIMERS);
  assert.ok(given <= 2.5 * TIMERS, `${given} entries were read`);
});

it("gives a timer that was taken back, and set again behind what is written", async () => {
  const store = new LongSlices(true);
  const { table, pager } = pagedTable(store, SLOTS);
  const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
  timers.openPartly();
  const row = table.row(table.space(null), "key");
  timers.register(row, TIME);
  store.freeze(table);
  timers.delete(row, TIME);
  store.freeze(table);
  timers.register(row, TIME);
  store.writeAll();
  timers.balance(pager);
  timers.readEnded(await timers.read(pager, TIME));
  assert.equal(timers.take(TIME)?.row, row);
});

for (const act of ["register", "delete"] as const) {
  it(`leaves a timer of the store as it was where a call is undone that had nothing but ${act} to say of it`, async () => {
    const store = new LongSlices(true);
    const before = pagedTable(store, SLOTS);
    before.pager.isComplete = true;
    const set = new TimerQueue(before.table, 0, new TimerHorizon(before.table, 0));
    set.register(before.table.row(before.table.space(null), "key"), TIME);
    store.freeze(before.table);
    store.writeAll();

    const { table, pager } = pagedTable(store, SLOTS);
    const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
    timers.openPartly();
    const row = table.row(table.space(null), "key");
    table.hold(row);
    table.journal.open();
    timers[act](row, TIME);
    table.journal.undo();
    table.hold(undefined);
    assert.equal(table.space(null).size, 0);
    store.freeze(table);
    store.writeAll();
    assert.equal(store.entries.size, 1);
    timers.readEnded(await timers.read(pager, TIME));
    assert.equal(timers.take(TIME)?.row.key, "key");
  });
}

it("asks many key groups at once for their first timers, as many as it takes, and each of them once", async () => {
  let underWay = 0;
  let most = 0;
  class Waiting extends LongSlices {
    override async slice(range: { readonly from: Uint8Array; readonly to: Uint8Array }) {
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      underWay--;
      return super.slice(range);
    }
  }
  const store = new Waiting(true);
  const before = pagedTable(store, SLOTS);
  before.pager.isComplete = true;
  const set = new TimerQueue(before.table, 0, new TimerHorizon(before.table, 0));
  for (let key = 0; key < 8_000; key++) set.register(before.table.row(before.table.space(null), key), TIME + key);
  store.freeze(before.table);
  store.writeAll();
  const { table, pager } = pagedTable(store, SLOTS);
  const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
  timers.openPartly();
  const read = await timers.read(pager, 0);
  timers.readEnded(read);
  assert.deepEqual([store.asked, read.length, most], [128, 128, 32]);
  assert.ok(read.every(({ entries }) => entries.length === 8));
  assert.ok(!timers.isShort(0), "there are some at 0");
  assert.equal(timers.next, TIME);
});

for (const until of [10, END_OF_TIME]) {
  it(`reads the key groups alone whose timers were let go of, when they are due at ${until}`, async () => {
    const store = new LongSlices(true);
    const { table, pager } = pagedTable(store, SLOTS, new StateMemory(Infinity, () => true), 128);
    pager.isComplete = true;
    const timers = new TimerQueue(table, 0, new TimerHorizon(table, 0));
    for (let time = 1; time <= 10; time++) timers.register(table.row(table.space(null), "key"), time);
    store.freeze(table);
    store.writeAll();
    timers.balance(pager);
    pager.evictSome(() => true);
    assert.ok(timers.held < 10, "some are in the store alone");
    let fired = 0;
    for (let isRead = false; !isRead;) {
      isRead = !timers.isShort(until);
      if (!isRead) timers.readEnded(await timers.read(pager, until));
      for (let due = timers.take(until); due !== undefined; due = timers.take(until)) {
        timers.fire(due);
        fired++;
      }
    }
    assert.equal(fired, 10);
    // Each is read by itself, and the last answer says that nothing follows.
    assert.ok(store.asked <= 2 * 10, `${store.asked} readings of one key group`);
  });
}
