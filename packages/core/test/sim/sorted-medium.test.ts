import assert from "node:assert/strict";
import { test } from "node:test";
import { sortedMedium, type MediumRange, type SortedMedium } from "../../src/testing/sim/sorted-medium.ts";
import { simWorld } from "../../src/testing/sim/world.ts";

const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

function keysOf(medium: SortedMedium, range: MediumRange = {}): number[] {
  return medium.range(range).map(([found]) => found[0]!);
}

test("sortedMedium reads ranges in the order of bytes", () => {
  const medium = sortedMedium(simWorld(1));
  for (const byte of [200, 3, 100, 0, 255]) medium.write([{ key: key(byte), value: key(byte) }], false);
  assert.deepEqual(keysOf(medium), [0, 3, 100, 200, 255]);
  assert.deepEqual(keysOf(medium, { gt: key(3), lte: key(200) }), [100, 200]);
  assert.deepEqual(keysOf(medium, { gte: key(3), lt: key(200) }), [3, 100]);
  assert.deepEqual(keysOf(medium, { gte: key(4), lt: key(2) }), []);
  assert.deepEqual(keysOf(medium, { reverse: true, limit: 2 }), [255, 200]);
  assert.deepEqual(medium.get(key(100)), key(100));
  assert.equal(medium.get(key(101)), undefined);
});

test("sortedMedium keeps its own bytes", () => {
  const medium = sortedMedium(simWorld(1));
  const value = key(1);
  medium.write([{ key: key(7), value }], true);
  value[0] = 2;
  medium.get(key(7))![0] = 3;
  assert.deepEqual(medium.get(key(7)), key(1));
});

test("sortedMedium loses nothing when a process dies", () => {
  const world = simWorld(1);
  const medium = sortedMedium(world);
  const process = world.spawn();
  medium.write([{ key: key(1), value: key(1) }], false);
  world.kill(process);
  assert.deepEqual(keysOf(medium), [1]);
});

test("sortedMedium keeps a prefix of whole batches, and all that was synced, when the power goes", () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const world = simWorld(seed);
    const medium = sortedMedium(world, { logBatches: Infinity });
    const process = world.spawn();
    medium.write([{ key: key(1), value: key(1) }], false);
    medium.write([{ key: key(2), value: key(2) }], true);
    for (const byte of [4, 6, 8]) {
      medium.write(
        [{ key: key(byte), value: key(byte) }, { key: key(byte + 1), value: key(byte) }, { key: key(1) }],
        false,
      );
    }
    assert.equal(medium.unsynced, 3);
    world.kill(process, { power: true });
    const kept = keysOf(medium);
    lengths.add(kept.length);
    const whole = [
      [1, 2],
      [2, 4, 5],
      [2, 4, 5, 6, 7],
      [2, 4, 5, 6, 7, 8, 9],
    ];
    assert.ok(
      whole.some((keys) => keys.join() === kept.join()),
      `kept ${kept.join()}`,
    );
  }
  assert.deepEqual(
    [...lengths].toSorted((left, right) => left - right),
    [2, 3, 5, 7],
  );
});

test("sortedMedium can lose a batch that came before a synced one, when a new log has begun between them", () => {
  const kept = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const world = simWorld(seed);
    const medium = sortedMedium(world, { logBatches: 2 });
    const process = world.spawn();
    medium.write([{ key: key(1), value: key(1) }], false);
    medium.write([{ key: key(2), value: key(2) }], true);
    world.kill(process, { power: true });
    kept.add(keysOf(medium).join());
  }
  assert.deepEqual([...kept].toSorted(), ["1,2", "2"]);
});

test("sortedMedium.lock holds for one live process at a time", () => {
  const world = simWorld(1);
  const medium = sortedMedium(world);
  const first = world.spawn();
  const second = world.spawn();
  assert.equal(medium.lock(first), true);
  assert.equal(medium.lock(second), false);
  medium.unlock(second);
  assert.equal(medium.lock(second), false);
  world.kill(first);
  assert.equal(medium.lock(second), true);
});
