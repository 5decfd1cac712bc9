import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encodeKey } from "../../src/state/key-codec.ts";
import {
  defaultKeyGroups,
  hashBytes,
  KEY_HASH_VERSION,
  keyGroupOf,
  keyGroupOfBytes,
  keyGroupRange,
  subtaskOfKeyGroup,
} from "../../src/state/key-groups.ts";
import { check } from "../bytes/property.ts";
import { GOLDEN_KEY_GROUPS } from "./golden/key-groups.ts";
import { anyKey } from "./key-order.ts";

/** Parallelism, then key groups that are enough for it. */
const layout = fc
  .integer({ min: 1, max: 32_768 })
  .chain((groups) => fc.tuple(fc.integer({ min: 1, max: Math.min(groups, 300) }), fc.constant(groups)));

describe("keyGroupOf", () => {
  it("gives the golden hashes of version 0", () => {
    assert.equal(KEY_HASH_VERSION, 0);
    for (const [key, hash, groupOf128] of GOLDEN_KEY_GROUPS) {
      assert.equal(hashBytes(encodeKey(key)), hash);
      assert.equal(keyGroupOf(key, 128), groupOf128);
    }
  });

  it("is the same by every path as of the encoded bytes", () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0, max: 0x90 }).map((unit) => String.fromCharCode(unit)),
      maxLength: 12,
    });
    const plain = fc.string({ maxLength: 12 });
    check(
      fc.property(
        fc.oneof(anyKey, ascii, plain, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        fc.integer({ min: 1, max: 32_768 }),
        (key, groups) => {
          const group = keyGroupOf(key, groups);
          assert.equal(group, keyGroupOfBytes(encodeKey(key), groups));
          assert.ok(Number.isInteger(group) && group >= 0 && group < groups);
        },
      ),
    );
  });

  it("is the same for strings with a character that is not its own byte, wherever it stands", () => {
    for (let length = 1; length <= 9; length++) {
      for (let at = 0; at < length; at++) {
        for (const odd of ["\0", "\x01", "\x02", "\x7f", "\x80", "\xff", "\ud800"]) {
          const text = "abcdefghi".slice(0, at) + odd + "abcdefghi".slice(at + 1, length);
          assert.equal(keyGroupOf(text, 32_768), keyGroupOfBytes(encodeKey(text), 32_768));
        }
      }
    }
  });

  it("deals keys out evenly", () => {
    const counts = new Array<number>(128).fill(0);
    for (let i = 0; i < 64_000; i++) {
      const group = keyGroupOf(i % 2 === 0 ? i : `user-${i}`, 128);
      counts[group] = (counts[group] as number) + 1;
    }
    assert.ok(
      Math.min(...counts) > 380 && Math.max(...counts) < 620,
      `${Math.min(...counts)} to ${Math.max(...counts)}`,
    );
  });

  it("refuses what is no key, and what is no number of key groups", () => {
    for (const key of [NaN, Infinity, undefined, {}, [NaN]]) {
      assert.throws(() => keyGroupOf(key as number, 128), { code: "KEY_UNSUPPORTED" });
    }
    for (const groups of [0, -1, 1.5, 32_769, NaN, 2 ** 32 + 1]) {
      assert.throws(() => keyGroupOf("a", groups), RangeError);
    }
    assert.equal(keyGroupOf("a", 128), keyGroupOfBytes(encodeKey("a"), 128));
  });
});

describe("RSC-01 keyGroupRange and subtaskOfKeyGroup", () => {
  it("partition all key groups: each lies in the range of its own subtask and in no other", () => {
    check(
      fc.property(layout, ([parallelism, groups]) => {
        let next = 0;
        for (let subtask = 0; subtask < parallelism; subtask++) {
          const range = keyGroupRange(subtask, parallelism, groups);
          assert.equal(range.first, next);
          assert.ok(range.last >= range.first);
          assert.equal(subtaskOfKeyGroup(range.first, parallelism, groups), subtask);
          assert.equal(subtaskOfKeyGroup(range.last, parallelism, groups), subtask);
          next = range.last + 1;
        }
        assert.equal(next, groups);
      }),
    );
  });

  it("differ by at most one group between subtasks", () => {
    check(
      fc.property(layout, ([parallelism, groups]) => {
        const sizes = Array.from({ length: parallelism }, (_, i) => keyGroupRange(i, parallelism, groups)).map(
          (r) => r.last - r.first,
        );
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      }),
    );
  });

  it("give the ranges that Flink gives", () => {
    assert.deepEqual(keyGroupRange(0, 3, 128), { first: 0, last: 42 });
    assert.deepEqual(keyGroupRange(1, 3, 128), { first: 43, last: 85 });
    assert.deepEqual(keyGroupRange(2, 3, 128), { first: 86, last: 127 });
  });

  it("refuse what does not fit together", () => {
    assert.throws(() => keyGroupRange(3, 3, 128), RangeError);
    assert.throws(() => keyGroupRange(-1, 3, 128), RangeError);
    assert.throws(() => keyGroupRange(0, 129, 128), RangeError);
    assert.throws(() => keyGroupRange(0, 0, 128), RangeError);
    assert.throws(() => subtaskOfKeyGroup(128, 3, 128), RangeError);
    assert.throws(() => subtaskOfKeyGroup(0.5, 3, 128), RangeError);
  });
});

describe("RSC-02 defaultKeyGroups", () => {
  it("is 128 to 32768, the next power of two from one and a half times the parallelism", () => {
    assert.equal(defaultKeyGroups(1), 128);
    assert.equal(defaultKeyGroups(85), 128);
    assert.equal(defaultKeyGroups(86), 256);
    assert.equal(defaultKeyGroups(100), 256);
    assert.equal(defaultKeyGroups(30_000), 32_768);
    assert.equal(defaultKeyGroups(32_768), 32_768);
    for (const parallelism of [0, -1, 1.5, 32_769]) assert.throws(() => defaultKeyGroups(parallelism), RangeError);
  });
});
