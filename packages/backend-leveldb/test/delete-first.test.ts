import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBytes } from "@tidemark/core/internal";
import { MemoryLevel } from "memory-level";
import { type BatchOrder, ORDERED, UNORDERED } from "../src/batch-order.ts";
import { LevelRows } from "../src/level-rows.ts";

const ROWS = 20_000;

function keyOf(kind: string, number: number): Uint8Array {
  return Uint8Array.of(kind.charCodeAt(0), number >>> 16, (number >>> 8) & 0xff, number & 0xff);
}

async function rowsOf(order: BatchOrder): Promise<LevelRows> {
  const database = new MemoryLevel();
  await database.open();
  const rows = new LevelRows({ database, name: "rows", order });
  for (const kind of "abc") {
    const numbers = Array.from({ length: kind === "b" ? ROWS : 3 }, (_, number) => number);
    await rows.commit(numbers.map((number) => ({ key: keyOf(kind, number), payload: Uint8Array.of(number & 0xff) })));
  }
  return rows;
}

for (const [name, order] of [
  ["by the database itself", ORDERED],
  ["by reading them, where batches may be lost in any order", UNORDERED],
] as const) {
  test(`a long range is deleted in slices, and nothing beside it: ${name}`, async () => {
    const rows = await rowsOf(order);
    const [from, to] = [Uint8Array.of("b".charCodeAt(0)), Uint8Array.of("c".charCodeAt(0))];
    let slices = 0;
    for (let left: Uint8Array | undefined = from; left !== undefined; slices++) {
      const begin: Uint8Array = left;
      left = await rows.deleteFirst(begin, to);
      // No slice leaves anything in front of what the next one begins with.
      const first = await rows.firstKey({ from, to });
      if (left !== undefined && first !== undefined) assert.ok(compareBytes(first, left) >= 0);
    }
    assert.ok(slices > 2, `${slices} slices`);
    assert.equal(await rows.firstKey({ from, to }), undefined);
    for (const kind of "ac") {
      const { rows: left } = await rows.page({ from: keyOf(kind, 0), to: keyOf(kind, 10) });
      assert.equal(left.length, 3);
    }
    await rows.close();
  });
}
