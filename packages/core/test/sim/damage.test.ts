import assert from "node:assert/strict";
import { test } from "node:test";
import type { Damage } from "../../src/testing/sim/effect.ts";
import { simObjectStore } from "../../src/testing/sim/object-store.ts";
import { sortedMedium } from "../../src/testing/sim/sorted-medium.ts";
import { simWorld, type SimWorld } from "../../src/testing/sim/world.ts";

const sound = Uint8Array.from({ length: 40 }, (_, at) => at);
const key = Uint8Array.of(107);

/** How many bits differ, or how many bytes are gone. */
function harm(bytes: Uint8Array): { readonly bits: number; readonly gone: number } {
  let bits = 0;
  for (const [at, byte] of bytes.entries()) {
    for (let rest = byte ^ sound[at]!; rest > 0; rest &= rest - 1) bits++;
  }
  return { bits, gone: sound.length - bytes.length };
}

function spoil(world: SimWorld, damage: Damage, read: () => Uint8Array): ReturnType<typeof harm> {
  world.kill(world.spawn());
  assert.deepEqual([harm(read()), world.isDamaged], [{ bits: 0, gone: 0 }, false]);
  world.kill(world.spawn(), { damage });
  assert.equal(world.isDamaged, true);
  // What is spoilt stays so when the power goes.
  const found = harm(read());
  world.kill(world.spawn(), { power: true });
  assert.deepEqual(harm(read()), found);
  return found;
}

for (let seed = 1; seed <= 20; seed++) {
  test(`damage spoils one value of a disk: seed ${seed}`, () => {
    for (const isSynced of [true, false]) {
      const world = simWorld(seed);
      const medium = sortedMedium(world, { logBatches: Infinity });
      medium.write([{ key, value: sound }], isSynced);
      if (!isSynced) medium.write([{ key: Uint8Array.of(1) }], true);
      assert.deepEqual(
        spoil(world, "flip", () => medium.get(key)!),
        { bits: 1, gone: 0 },
      );
      const cut = simWorld(seed);
      const short = sortedMedium(cut, { logBatches: Infinity });
      short.write([{ key, value: sound }], true);
      const { bits, gone } = spoil(cut, "cut", () => short.get(key)!);
      assert.ok(bits === 0 && gone > 0);
    }
  });

  test(`damage spoils one object of a store: seed ${seed}`, async () => {
    for (const damage of ["flip", "cut"] as const) {
      const world = simWorld(seed);
      const store = simObjectStore(world);
      const process = world.spawn();
      process.start(() => store.client(process).put("a", sound, "always"));
      await world.run(process);
      const { bits, gone } = spoil(world, damage, () => store.peek("a")!.bytes);
      assert.deepEqual(damage === "flip" ? [bits, gone] : [bits, gone > 0], damage === "flip" ? [1, 0] : [0, true]);
    }
  });
}

test("damage of what holds nothing is none", () => {
  const world = simWorld(1);
  sortedMedium(world);
  world.kill(world.spawn(), { damage: "flip" });
  assert.equal(world.isDamaged, false);
});
