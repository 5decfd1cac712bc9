/** What a window asks the store for when it is fired, counted in rounds of what is asked for at the same time. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { KeyRange } from "../../../src/state/backend.ts";
import type { WindowAssigner } from "../../../src/operators/windows/assigner.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { PagedStore } from "../../state/paging/paged-store.ts";
import { Driver, type DriverOptions } from "./paged-driver.ts";

const MIB = 1024 * 1024;

/** Answers all together that is asked for before one answer comes. */
class RoundStore extends PagedStore {
  rounds = 0;
  /** The most that was asked for at one time. */
  together = 0;
  #asked = 0;
  #answer: Promise<void> | undefined;

  override async slice(range: KeyRange) {
    this.together = Math.max(this.together, ++this.#asked);
    this.#answer ??= this.#round();
    await this.#answer;
    return super.slice(range);
  }

  async #round(): Promise<void> {
    this.rounds++;
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    this.#answer = undefined;
    this.#asked = 0;
  }
}

const keys = (count: number): readonly number[] => Array.from({ length: count }, (_, key) => key);
const rowsOf = ({ results }: Driver): readonly string[] =>
  results.map(({ key, window, value }) => `${key} from ${window.start}: ${value}`);

/** Fires windows of so many keys of which all has left memory. */
async function fired(assigner: WindowAssigner, count: number, options: Partial<DriverOptions> = {}) {
  const before = new Driver(assigner, { limitBytes: MIB, readsAtOnce: false });
  for (const at of [0, 3_600_000]) {
    for (let from = 0; from < count; from += 500) await before.batch(keys(count).slice(from, from + 500), at);
  }
  const store = new RoundStore(false, 1000);
  before.checkpoint().entries.walk(new Uint8Array(0), false, (key, value) => {
    store.entries.set(key, value);
    return true;
  });
  const driver = new Driver(assigner, { limitBytes: MIB, readsAtOnce: false, ...options }, store);
  await driver.batch([], 0);
  const start = store.rounds;
  store.together = 0;
  const startBytes = driver.memory.usedBytes;
  await driver.watermark(END_OF_TIME);
  return { driver, rounds: store.rounds - start, together: store.together, startBytes };
}

for (const [name, assigner, windows] of [
  ["tumbling", tumbling("1h"), 2],
  ["sliding", sliding("2h", "1h"), 3],
] as const) {
  test(`PagedFiring: reads many key groups of ${name} windows at once`, async (context) => {
    const { driver, rounds, together } = await fired(assigner, 2_000);
    context.diagnostic(
      `${rounds} rounds for ${windows} windows of 128 key groups, at most ${together} readings at once`,
    );
    assert.equal(driver.results.length, windows * 2_000);
    // One key group at first, then 8, then 32 at once: six readings, each of which takes another round to see the end.
    assert.ok(rounds <= windows * 12, `${rounds} rounds`);
    assert.ok(together <= 32 * Math.min(2, windows - 1), `${together} readings at once`);
  });

  test(`PagedFiring: has the results of ${name} windows in one order, whatever leaves memory meanwhile`, async () => {
    const { driver } = await fired(assigner, 500);
    const expected = rowsOf(driver);
    assert.deepEqual(rowsOf((await fired(assigner, 500, { limitBytes: 0, slice: 3 })).driver), expected);
  });
}

test("PagedFiring: reads no more ahead than a part of its memory holds", async (context) => {
  const { driver, rounds, together } = await fired(tumbling("1h"), 40_000);
  context.diagnostic(`${rounds} rounds, at most ${together} at once, ${driver.mostBytes} bytes`);
  assert.equal(driver.results.length, 80_000);
  // What is read of 312 keys is some 10 kB, and an eighth of the memory is 128 kB.
  assert.ok(together > 4 && together <= 16, `${together} readings at once`);
  assert.ok(driver.mostBytes < 2 * MIB, `${driver.mostBytes} bytes were in memory`);
});

test("PagedFiring: reads a key group again of which more has left memory since it was read", async () => {
  const merged = async (leavesAfter: number): Promise<Driver> => {
    const driver = new Driver(sliding("2h", "1h"), { limitBytes: 0, readsAtOnce: false, slice: 40, leavesAfter });
    // Of each key one slice has left memory and another one has not, though the store has it.
    await driver.batch(keys(300), 0);
    driver.checkpoint();
    driver.leave();
    await driver.batch(keys(300), 3_600_000);
    driver.checkpoint();
    await driver.watermark(END_OF_TIME);
    return driver;
  };
  const whole = await merged(Infinity);
  for (let steps = 2; steps < whole.progress.length; steps += 3) {
    assert.deepEqual(rowsOf(await merged(steps)).toSorted(), rowsOf(whole).toSorted(), `after ${steps} steps`);
  }
});
