import assert from "node:assert/strict";
import { test } from "node:test";

import type { KeyRange, StateEntry } from "../../../src/state/backend.ts";
import { prefixRange } from "../../../src/state/key-range.ts";
import { scanRanges } from "../../../src/state/paging/scan-ranges.ts";

/** A store of key groups with two slices each, whose answers a test gives. */
class SlowStore {
  /** Key groups that a reading has begun with, has left to the end, or was told to leave. */
  readonly begun: number[] = [];
  readonly left: number[] = [];
  readonly #waiting: (() => void)[] = [];

  async *scan({ from }: KeyRange): AsyncGenerator<readonly StateEntry[], void, undefined> {
    const group = from[1] as number;
    this.begun.push(group);
    try {
      for (const number of [0, 1]) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        if (group === 9) throw new Error("the network is gone");
        yield [{ key: Uint8Array.of(0, group, number), value: new Uint8Array(0) }];
      }
    } finally {
      this.left.push(group);
    }
  }

  /** Answers all that has been asked by now. */
  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const rangesOf = (count: number): readonly KeyRange[] =>
  Array.from({ length: count }, (_, group) => prefixRange(Uint8Array.of(0, group)));

/** Answers whatever is asked for, in rounds, until the reading is over. @returns the rounds. */
async function inRounds(store: SlowStore, reading: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = reading.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  for (let rounds = 0; ; rounds++) {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    if (isOver) {
      await over;
      return rounds;
    }
    store.answer();
  }
}

async function keysOf(store: SlowStore, count: number, most = Infinity): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const slice of scanRanges(store, rangesOf(count))) {
    for (const { key } of slice) keys.push(key.join("."));
    if (keys.length >= most) break;
  }
  return keys;
}

test("scanRanges: gives one range after the other, and reads those that come next meanwhile", async () => {
  const store = new SlowStore();
  const reading = keysOf(store, 9);
  const rounds = await inRounds(store, reading);
  assert.deepEqual(
    await reading,
    Array.from({ length: 18 }, (_, at) => `0.${at >> 1}.${at % 2}`),
  );
  // One round for each second slice, and three for the first ones: of 1, of 2, of 4, of the rest.
  assert.ok(rounds <= 13, `${rounds} rounds`);
  assert.deepEqual(
    store.left.toSorted((one, other) => one - other),
    store.begun,
  );
});

test("scanRanges: who stops within the first range has asked for nothing else, and later all that was begun is left", async () => {
  for (const [most, begun] of [
    [1, [0]],
    [2, [0]],
    [3, [0, 1, 2]],
    [5, [0, 1, 2, 3, 4]],
  ] as const) {
    const store = new SlowStore();
    const reading = keysOf(store, 9, most);
    await inRounds(store, reading);
    assert.equal((await reading).length, most);
    assert.deepEqual(store.begun, begun);
    assert.deepEqual(
      store.left.toSorted((one, other) => one - other),
      begun,
    );
  }
});

test("scanRanges: a range that fails is told of when its turn comes, and no more than 16 are being read", async () => {
  const store = new SlowStore();
  let given = 0;
  const reading = (async () => {
    for await (const slice of scanRanges(store, rangesOf(40))) given += slice.length;
  })();
  await inRounds(store, reading);
  await assert.rejects(reading, /the network is gone/);
  assert.equal(given, 18);
  const other = new SlowStore();
  const far = (async () => {
    for await (const slice of scanRanges(other, rangesOf(80).slice(10))) {
      given += slice.length;
      assert.ok(other.begun.length - other.left.length <= 16);
    }
  })();
  await inRounds(other, far);
  await far;
  assert.equal(given, 18 + 140);
});
