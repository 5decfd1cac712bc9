import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { ByteWindow } from "../../src/file/byte-window.ts";
import { check } from "../property.ts";

test("ByteWindow gives the bytes before a position, as far back as it reaches", () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 });
  check(
    fc.property(lengths, fc.integer({ min: 1, max: 20 }), fc.infiniteStream(fc.nat(12)), (lengths, back, steps) => {
      const window = new ByteWindow(back);
      const all: number[] = [];
      let position = 0;
      for (const length of lengths) {
        window.trim(position, position);
        const chunk = Uint8Array.from({ length }, (_, index) => all.length + index);
        window.push(all.length, chunk);
        all.push(...chunk);
        position = Math.min(all.length, position + (steps.next().value ?? 0));
        assert.deepEqual([...window.before(position)], all.slice(Math.max(0, position - back), position));
      }
    }),
  );
});

test("ByteWindow keeps only what a position can still ask for", () => {
  const window = new ByteWindow(10);
  // A line without an end: the position stays, and the next one is far behind it.
  for (let start = 0; start < 1_000; start += 10) {
    window.push(start, new Uint8Array(10).fill(start / 10));
    window.trim(5, start + 10);
    assert.equal(window.before(5).length, 5);
  }
  assert.deepEqual(
    [...window.before(1_000)],
    Array.from({ length: 10 }, () => 99),
  );
  // The piece with the position, and the last one.
  window.trim(1_000, 1_000);
  assert.equal(window.before(500).length, 0);
});
