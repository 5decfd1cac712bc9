import assert from "node:assert/strict";
import { test } from "node:test";
import { SortedTable } from "../../../src/state/segments/sorted-table.ts";

const keyOf = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function entriesOf(table: SortedTable<number>, from: Uint8Array = new Uint8Array(0), after = false): number[][] {
  const found: number[][] = [];
  table.walk(from, after, (key, value) => {
    found.push([((key[0] as number) << 8) | (key[1] as number), value]);
    return true;
  });
  return found;
}

test("SortedTable: random changes agree with a Map, in the order of keys", () => {
  const draw = random(7);
  const table = new SortedTable<number>();
  const model = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    const key = draw(3_000);
    const dice = draw(100);
    if (dice < 70) {
      table.set(keyOf(key), step);
      model.set(key, step);
    } else if (dice < 99) {
      assert.equal(table.delete(keyOf(key)), model.delete(key));
    } else {
      const to = key + draw(300);
      table.deleteRange(keyOf(key), keyOf(to));
      for (let each = key; each < to; each++) model.delete(each);
    }
    assert.equal(table.size, model.size);
    assert.equal(table.get(keyOf(key)), model.get(key));
  }
  const expected = [...model].toSorted(([a], [b]) => a - b);
  assert.deepEqual(entriesOf(table), expected);
  for (const from of [0, 1, 777, 1_500, 2_999, 4_000]) {
    assert.deepEqual(
      entriesOf(table, keyOf(from)),
      expected.filter(([key]) => key >= from),
    );
    assert.deepEqual(
      entriesOf(table, keyOf(from), true),
      expected.filter(([key]) => key > from),
    );
  }
});

test("SortedTable.deleteRange: takes whole runs, and the ends of runs", () => {
  for (const [from, to] of [
    [0, 5_000],
    [1, 4_999],
    [511, 513],
    [512, 1_024],
    [2_000, 2_000],
    [3_000, 1_000],
  ] as const) {
    const table = new SortedTable<number>();
    for (let key = 0; key < 5_000; key++) table.set(keyOf(key), key);
    table.deleteRange(keyOf(from), keyOf(to));
    const kept = Array.from({ length: 5_000 }, (_, key) => [key, key]).filter(([key = 0]) => key < from || key >= to);
    assert.deepEqual(entriesOf(table), kept);
    assert.equal(table.size, kept.length);
  }
});
