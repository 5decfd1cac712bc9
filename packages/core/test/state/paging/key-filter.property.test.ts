import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { KeyFilter } from "../../../src/state/paging/key-filter.ts";
import { check } from "../../bytes/property.ts";

const hash = fc.oneof(fc.integer(), fc.nat(0xffff_ffff), fc.constantFrom(0, -1, 0x7fff_ffff, -0x8000_0000));

/** Numbers that look like hashes, each different from all others. */
function hashAt(index: number): number {
  return Math.imul(index + 1, 0x9e37_79b1);
}

function filterOf(keys: number, budget: number): KeyFilter {
  const filter = new KeyFilter(() => budget);
  for (let index = 0; index < keys; index++) filter.add(hashAt(index));
  return filter;
}

/** How many of some keys that were never added it takes for one that may have been. */
function maybes(filter: KeyFilter, from: number, count: number): number {
  let found = 0;
  for (let index = from; index < from + count; index++) if (filter.mayHave(hashAt(index))) found++;
  return found;
}

describe("KeyFilter", () => {
  it("never says no of what was added, whatever its budget", () => {
    check(
      fc.property(fc.array(hash, { maxLength: 300 }), fc.nat(20_000), fc.nat(12_000), (hashes, before, budget) => {
        const filter = filterOf(before, budget);
        for (const each of hashes) filter.add(each);
        for (const each of hashes) assert.ok(filter.mayHave(each));
        assert.equal(maybes(filter, 0, before), before);
      }),
    );
  });

  it("says no before anything was added, and to nearly all other keys as long as it may grow", () => {
    assert.equal(maybes(new KeyFilter(() => Infinity), 0, 1_000), 0);
    for (const keys of [100, 10_000, 300_000]) {
      const wrong = maybes(filterOf(keys, Infinity), 1_000_000, 20_000);
      assert.ok(wrong < 20_000 * 0.05, `${wrong} of 20000 beside ${keys} keys`);
    }
  });

  it("keeps to a budget that is less than it would begin with", () => {
    for (const budget of [4, 30, 1_000, 4_096]) {
      const { bytes } = filterOf(10, budget);
      assert.ok(bytes <= budget, `${bytes} bytes, of ${budget}`);
    }
  });

  it("keeps to its budget, and answers for three times as many keys as it was made for", () => {
    const budget = 64 * 1024;
    const filter = filterOf(150_000, budget);
    assert.ok(filter.bytes <= budget);
    assert.ok(filter.bytes > budget / 2);
    const wrong = maybes(filter, 1_000_000, 20_000);
    assert.ok(wrong < 20_000 * 0.75, `${wrong} of 20000`);
  });
});
