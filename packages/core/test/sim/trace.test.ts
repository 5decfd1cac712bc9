import assert from "node:assert/strict";
import { test } from "node:test";
import { simTrace } from "../../src/testing/sim/trace.ts";

function hashOf(...lines: readonly string[]): string {
  const trace = simTrace();
  for (const line of lines) trace.note(line);
  return trace.hash();
}

test("simTrace: the hash depends on every line, on their order, and on where they end", () => {
  const hashes = [
    hashOf(),
    hashOf(""),
    hashOf("a"),
    hashOf("a", "b"),
    hashOf("b", "a"),
    hashOf("ab"),
    hashOf("a", "b", "b"),
  ];
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(hashOf("a", "b"), hashOf("a", "b"));
  for (const hash of hashes) assert.match(hash, /^[0-9a-f]{16}$/);
  // Each of its two halves tells them apart.
  for (const half of [0, 8]) {
    assert.equal(new Set(hashes.map((hash) => hash.slice(half, half + 8))).size, hashes.length);
  }
});

test("simTrace: a difference far back is not forgotten, though only the last lines are kept", () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  assert.notEqual(hashOf("first", ...lines), hashOf("fjrst", ...lines));
  const trace = simTrace();
  for (const line of lines) trace.note(line);
  assert.equal(trace.lines, 1_000);
  assert.deepEqual([trace.tail().length, trace.tail()[0], trace.tail().at(-1)], [60, "line 940", "line 999"]);
});
