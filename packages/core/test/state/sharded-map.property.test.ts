import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LONE_ENTRIES, type MapKey, SHARD_ENTRIES, ShardedMap } from "../../src/state/sharded-map.ts";
import { check } from "../bytes/property.ts";

/** A number, or something of each other kind that has the same place in its order. */
function keyOf(number: number): MapKey {
  switch (number % 5) {
    case 0:
      return number;
    case 1:
      return `key ${number}`;
    case 2:
      return BigInt(number) * 10n ** 12n;
    case 3:
      return number + 0.5;
    default:
      return `${"long ".repeat(20)}${number}${" long".repeat(20)}`;
  }
}

/** The same changes of a map and of its model. */
interface Stretch {
  readonly does: "set" | "delete";
  readonly from: number;
  readonly count: number;
}

const stretch: fc.Arbitrary<Stretch> = fc.record({
  does: fc.constantFrom("set" as const, "set" as const, "delete" as const),
  from: fc.nat(LONE_ENTRIES),
  count: fc.nat(LONE_ENTRIES),
});

describe("ShardedMap", () => {
  it("holds what a Map holds, through any number of splits", () => {
    compare([{ does: "set", from: 0, count: LONE_ENTRIES + 8 * SHARD_ENTRIES }]);
    check(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 4 }), fc.boolean(), (stretches, isLarge) => {
        compare([{ does: "set", from: 0, count: isLarge ? LONE_ENTRIES - SHARD_ENTRIES : 0 }, ...stretches]);
      }),
      6,
    );
  });

  function compare(stretches: readonly Stretch[]): void {
    const map = new ShardedMap<MapKey, number>();
    const model = new Map<MapKey, number>();
    let count = 0;
    for (const { does, from, count: entries } of stretches) {
      for (let number = from; number < from + entries; number++) {
        const key = keyOf(number);
        if (does === "set") {
          map.set(key, count);
          model.set(key, count++);
        } else {
          assert.equal(map.delete(key), model.delete(key));
        }
      }
    }
    assert.equal(map.size, model.size);
    for (const [key, value] of model) assert.equal(map.get(key), value);
    assert.equal(map.get("no such key"), undefined);
    const values = [...map.values()].sort((one, other) => one - other);
    assert.deepEqual(
      values,
      [...model.values()].sort((one, other) => one - other),
    );
  }

  it("tells keys apart as a Map does", () => {
    const keys: readonly MapKey[] = ["1", 1, 1n, true, false, null, "", 0, 1.5, "null", -1, 2 ** 40, 2 ** 53];
    const map = new ShardedMap<MapKey, number>();
    for (let number = 0; number <= LONE_ENTRIES; number++) map.set(`filler ${number}`, -1);
    keys.forEach((key, index) => map.set(key, index));
    keys.forEach((key, index) => assert.equal(map.get(key), index));
    assert.equal(map.get(-0), keys.indexOf(0));
  });

  it("finds, changes and deletes what has not been dealt out to the shards yet", () => {
    const map = new ShardedMap<number, number>();
    const model = new Map<number, number>();
    for (let key = 0; key <= LONE_ENTRIES + 100; key++) {
      map.set(key, key);
      model.set(key, key);
    }
    for (let key = 0; key <= LONE_ENTRIES; key += 1_001) {
      assert.equal(map.delete(key), model.delete(key));
      assert.equal(map.delete(key), false);
      map.set(key + 1, -key);
      model.set(key + 1, -key);
    }
    assert.equal(map.size, model.size);
    for (const [key, value] of model) assert.equal(map.get(key), value);
    assert.equal([...map.values()].length, model.size);
  });

  const sizes = { "all in shards": LONE_ENTRIES + 8 * SHARD_ENTRIES, "some not in shards yet": LONE_ENTRIES + 100 };
  for (const [name, count] of Object.entries(sizes)) {
    it(`gives each entry once to a walk that adds and deletes as it goes: ${name}`, () => walkAndChange(count));
  }

  function walkAndChange(count: number): void {
    const map = new ShardedMap<number, number>();
    for (let key = 0; key < count; key++) map.set(key, key);
    const seen = new Set<number>();
    for (const value of map.values()) {
      assert.ok(!seen.has(value), `${value} was given twice`);
      seen.add(value);
      if (value % 2 === 0) map.delete(value);
      if (seen.size < count) map.set(count + value, count + value);
    }
    for (let key = 0; key < count; key++) assert.ok(seen.has(key), `${key} was not given`);
    for (let key = 1; key < count; key += 2) assert.equal(map.get(key), key);
  }
});
