// runtimes: node24
/** Plain windows of more keys than their memory holds. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { keyGroupOf } from "../../../src/state/key-groups.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { PagedStore } from "../../state/paging/paged-store.ts";
import { Driver, KEY_GROUPS, type Result } from "./paged-driver.ts";

const MIB = 1024 * 1024;
const BATCH = 500;

const keys = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Each key once at a time, in batches. */
async function fill(driver: Driver, keyCount: number, at: number): Promise<void> {
  for (let from = 0; from < keyCount; from += BATCH) await driver.batch(keys(from, from + BATCH), at);
}

const wait = (readsAtOnce: boolean): string => `over a store that ${readsAtOnce ? "reads at once" : "is waited for"}`;

/** How many results there are of each window, and whether each key has one with the count. */
function windowsOf(results: readonly Result[]): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const windows = new Map<number, Map<number, number>>();
  for (const { key, window, value } of results) {
    const found = windows.get(window.start) ?? new Map<number, number>();
    windows.set(window.start, found);
    assert.ok(!found.has(key), `key ${key} has two results of the window from ${window.start}`);
    found.set(key, value);
  }
  return windows;
}

const hour = 3_600_000;

for (const [readsAtOnce, keyCount, limitBytes] of [
  [false, 200_000, 4 * MIB],
  [true, 20_000, MIB],
] as const) {
  test(`tumbling windows of ${keyCount} keys keep within ${limitBytes / MIB} MiB, ${wait(readsAtOnce)}`, async () => {
    const driver = new Driver(tumbling("1h"), { limitBytes, readsAtOnce });
    await fill(driver, keyCount, 0);
    await fill(driver, 10_000, 1);
    await driver.watermark(END_OF_TIME);
    const windows = windowsOf(driver.results);
    assert.deepEqual([...windows.keys()], [0]);
    assert.equal(windows.get(0)?.size, keyCount);
    assert.ok(driver.results.every(({ key, value }) => value === (key < 10_000 ? 2 : 1)));
    assert.ok(driver.mostBytes < 2 * limitBytes, `${driver.mostBytes} bytes were in memory`);
  });

  test(`sliding windows of 5,000 keys keep within 1 MiB, ${wait(readsAtOnce)}`, async () => {
    const driver = new Driver(sliding("3h", "1h"), { limitBytes: MIB, readsAtOnce });
    for (const at of [0, hour, 2 * hour, 0]) await fill(driver, 5_000, at);
    await driver.watermark(END_OF_TIME);
    const windows = windowsOf(driver.results);
    const counts = [...windows].map(([start, found]) => [start / hour, found.size, [...new Set(found.values())]]);
    assert.deepEqual(counts, [
      [-2, 5_000, [2]],
      [-1, 5_000, [3]],
      [0, 5_000, [4]],
      [1, 5_000, [2]],
      [2, 5_000, [1]],
    ]);
    assert.ok(driver.mostBytes < 2 * MIB, `${driver.mostBytes} bytes were in memory`);
  });
}

/** When each key comes: in each of three hours, and in one of them again. */
const MOMENTS = [0, hour, 2 * hour, hour] as const;
const shownOf = (results: readonly Result[]): readonly string[] =>
  results.map(({ key, window, value }) => `${key} from ${window.start / hour}: ${value}`).toSorted();

/** A difference of thousands of lines takes minutes to be shown: the first one will do. */
function sameRows(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((row, index) => row !== actual[index]);
  if (at >= 0) assert.equal(actual[at], expected[at], `row ${at} of ${expected.length}`);
  assert.equal(actual.length, expected.length);
}

/** When all begins to leave memory: so many steps of three after so many results. A thousand are made of each window. */
const LEAVING = {
  tumbling: [{ what: "fired", results: 1, steps: 0 }],
  sliding: [
    { what: "merged", results: 2_000, steps: 100 },
    { what: "fired", results: 2_100, steps: 0 },
    { what: "emptied", results: 3_000, steps: 100 },
  ],
} as const;

for (const [name, assigner] of [
  ["tumbling", tumbling("1h")],
  ["sliding", sliding("3h", "1h")],
] as const) {
  const inMemory = async (): Promise<readonly string[]> => {
    const driver = new Driver(assigner, { limitBytes: 100 * MIB, readsAtOnce: true });
    for (const at of MOMENTS) await fill(driver, 1_000, at);
    await driver.watermark(END_OF_TIME);
    return shownOf(driver.results);
  };

  for (const readsAtOnce of [false, true]) {
    test(`${name} windows have the same results where all leaves memory between steps, ${wait(readsAtOnce)}`, async () => {
      const driver = new Driver(assigner, { limitBytes: 0, readsAtOnce, slice: 3 });
      for (const at of MOMENTS) await fill(driver, 1_000, at);
      driver.disturb();
      assert.ok(driver.memory.usedBytes < 500_000, `${driver.memory.usedBytes} bytes are in memory`);
      await driver.watermark(2 * hour);
      await driver.watermark(END_OF_TIME);
      sameRows(shownOf(driver.results), await inMemory());
      assert.equal(driver.checkpoint().entries.size, 0);
    });

    for (const moment of LEAVING[name]) {
      test(`${name} windows have the same results where all leaves memory while a window is ${moment.what}, ${wait(readsAtOnce)}`, async () => {
        const made = async (leavesAfter: number): Promise<Driver> => {
          const driver = new Driver(assigner, { limitBytes: 0, readsAtOnce, slice: 3, leavesAfter });
          for (const at of MOMENTS) await fill(driver, 1_000, at);
          driver.checkpoint();
          await driver.watermark(END_OF_TIME);
          sameRows(shownOf(driver.results), await inMemory());
          assert.equal(driver.checkpoint().entries.size, 0);
          return driver;
        };
        const { progress } = await made(Infinity);
        const before = progress.findIndex((results) => results >= moment.results);
        await made(before + moment.steps);
      });
    }

    test(`${name} windows are found again that a restore left to the store, ${wait(readsAtOnce)}`, async () => {
      const before = new Driver(assigner, { limitBytes: MIB, readsAtOnce });
      for (const at of MOMENTS.slice(0, 2)) await fill(before, 1_000, at);
      const after = new Driver(assigner, { limitBytes: MIB, readsAtOnce }, before.checkpoint());
      for (const at of MOMENTS.slice(2)) await fill(after, 1_000, at);
      await after.watermark(END_OF_TIME);
      sameRows(shownOf(after.results), await inMemory());
      assert.equal(after.checkpoint().entries.size, 0);
    });
  }
}

/** Counts how often it is asked for a range. */
class CountingStore extends PagedStore {
  asked = 0;

  override slice(range: { readonly from: Uint8Array; readonly to: Uint8Array }) {
    this.asked++;
    return super.slice(range);
  }
}

/** Three keys of three key groups; an empty answer tells that nothing follows. */
const FEW = [1, 2, 3];
const ASKED_FOR_A_GROUP = 2;

for (const [name, assigner, readings] of [
  ["tumbling", tumbling("1h"), FEW.length],
  // Each slice is part of three windows.
  ["sliding", sliding("3h", "1h"), 3 * FEW.length],
] as const) {
  for (const readsAtOnce of [false, true]) {
    test(`${name} windows ask the store for the key groups alone of which something left memory, ${wait(readsAtOnce)}`, async () => {
      const store = new CountingStore(readsAtOnce, 1000);
      const before = new Driver(assigner, { limitBytes: 0, readsAtOnce }, store);
      await before.batch([], 0);
      store.asked = 0;
      for (const key of FEW) await before.batch([key], key * 100 * hour);
      before.checkpoint();
      before.disturb();
      await before.watermark(END_OF_TIME);
      assert.equal(before.results.length, readings);
      assert.ok(store.asked <= readings * ASKED_FOR_A_GROUP, `${store.asked} readings of ${readings} key groups`);
    });

    test(`${name} windows that a restore left to the store are asked for in their key groups alone, ${wait(readsAtOnce)}`, async () => {
      const before = new Driver(assigner, { limitBytes: MIB, readsAtOnce }, new CountingStore(readsAtOnce, 1000));
      for (const key of FEW) await before.batch([key], key * 100 * hour);
      const store = before.checkpoint() as CountingStore;
      const after = new Driver(assigner, { limitBytes: MIB, readsAtOnce }, store);
      await after.batch([], 0);
      store.asked = 0;
      await after.watermark(END_OF_TIME);
      assert.equal(after.results.length, readings);
      assert.ok(store.asked <= readings * ASKED_FOR_A_GROUP, `${store.asked} readings of ${readings} key groups`);
    });
  }
}

/** Keys of one key group that is read after that of key 0. */
const LATER_GROUP: readonly number[] = keys(1, 10_000)
  .filter((key) => keyGroupOf(key, KEY_GROUPS) === KEY_GROUPS - 1)
  .slice(0, 10);

for (const [name, assigner] of [
  ["tumbling", tumbling("1h")],
  ["sliding", sliding("3h", "1h")],
] as const) {
  test(`${name} windows have each result of a key group that leaves memory while it is fired, though it had not before`, async () => {
    const fired = async (leavesAfter: number): Promise<Driver> => {
      const driver = new Driver(assigner, { limitBytes: 0, readsAtOnce: false, slice: 1, leavesAfter });
      await driver.batch([0], 0);
      driver.checkpoint();
      driver.leave();
      await driver.batch(LATER_GROUP, 0);
      driver.checkpoint();
      await driver.watermark(END_OF_TIME);
      return driver;
    };
    const { progress, results } = await fired(Infinity);
    const expected = shownOf(results);
    for (let steps = 2; steps < progress.length; steps++) sameRows(shownOf((await fired(steps)).results), expected);
  });
}

test("what a step has changed counts as unwritten when it has no work left, so that others can have it written", async () => {
  const driver = new Driver(tumbling("1h"), { limitBytes: MIB, readsAtOnce: true });
  await driver.batch(keys(0, 100), 0);
  const [user] = driver.memory.users;
  assert.ok((user?.unwrittenBytes ?? 0) > 100 * 200, `${user?.unwrittenBytes} bytes are unwritten`);
  await driver.watermark(END_OF_TIME);
  driver.checkpoint();
  assert.equal(user?.unwrittenBytes, 0);
});
