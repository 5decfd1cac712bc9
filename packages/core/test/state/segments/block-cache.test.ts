import assert from "node:assert/strict";
import { test } from "node:test";

import { BlockCache, type CachedBlock } from "../../../src/state/segments/block-cache.ts";

test("BlockCache: keeps to its bytes, and gives up what was not used for longest", () => {
  const cache = new BlockCache(30);
  const dropped: string[] = [];
  const blockOf = (name: string, bytes: number = 10): CachedBlock => ({
    bytes: new Uint8Array(bytes),
    drop: () => void dropped.push(name),
  });
  const [a, b, c, d] = [blockOf("a"), blockOf("b"), blockOf("c"), blockOf("d")] as const;
  for (const block of [a, b, c]) cache.add(block);
  assert.deepEqual([cache.sizeBytes, cache.roomBytes, dropped], [30, 0, []]);
  cache.touch(a);
  cache.add(d);
  assert.deepEqual([cache.sizeBytes, dropped], [30, ["b"]]);
  // One that is gone is no longer held by being used, nor given up again.
  cache.touch(b);
  cache.remove(b);
  assert.deepEqual([cache.sizeBytes, dropped], [30, ["b"]]);
  cache.add(blockOf("large", 31));
  assert.deepEqual([cache.sizeBytes, cache.roomBytes], [0, 30]);
  assert.deepEqual(dropped, ["b", "c", "a", "d", "large"]);
});
