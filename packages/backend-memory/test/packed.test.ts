import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyRange, StateChanges, StateEntry } from "@tidemark/core";
import { ALL_KEYS, toHex } from "@tidemark/core/internal";

import { changed, type Packed, slicesOf, valueOf } from "../src/packed.ts";

type Model = ReadonlyMap<number, number>;

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Keys of several lengths, in the order of their numbers. */
const keyOf = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 8, value, ...Array.from({ length: value % 5 }, () => 0xff));

/** A few values are longer than several blocks. */
const valueFor = (size: number): Uint8Array => new Uint8Array(size % 50 === 0 ? size * 60 : size % 40).fill(size);

/** A snapshot is what it was, whatever was made of it since. */
interface Past {
  readonly entries: Packed;
  readonly model: Model;
}

async function read(entries: Packed, range: KeyRange): Promise<string[]> {
  const lines: string[] = [];
  for await (const slice of slicesOf(() => entries, range)) {
    assert.ok(slice.length > 0 && slice.length <= 1_000, `a slice of ${slice.length}`);
    lines.push(...slice.map(lineOf));
  }
  return lines;
}

function expected(model: Model, from = 0, to = Infinity): string[] {
  const inside = [...model].filter(([key]) => key >= from && key < to).toSorted(([a], [b]) => a - b);
  return inside.map(([key, size]) => lineOf({ key: keyOf(key), value: valueFor(size) }));
}

const lineOf = ({ key, value }: StateEntry): string => `${toHex(key)}=${value.length}:${value[0] ?? "-"}`;

test("packed entries: random changes agree with a Map, and no snapshot changes", async () => {
  const draw = random(5);
  let now: Past = { entries: [], model: new Map() };
  const past: Past[] = [];
  for (let step = 0; step < 400; step++) {
    const model = new Map(now.model);
    const rangeDeletes: KeyRange[] = [];
    if (draw(10) === 0) {
      const from = draw(3_000);
      const to = from + draw(400);
      rangeDeletes.push({ from: keyOf(from), to: keyOf(to) });
      for (let key = from; key < to; key++) model.delete(key);
    }
    // At first there are more and more, and in the end fewer and fewer.
    const growth = step < 200 ? 8 : 3;
    const keys = new Set(Array.from({ length: draw(60) }, () => draw(3_000)));
    const isPut = new Map([...keys].map((key) => [key, draw(10) < growth]));
    for (const key of keys) if (isPut.get(key) === true) model.set(key, step + key);
    for (const key of keys) if (isPut.get(key) === false) model.delete(key);
    const changes: StateChanges = {
      puts: [...keys].filter((key) => isPut.get(key)).map((key) => ({ key: keyOf(key), value: valueFor(step + key) })),
      deletes: [...keys].filter((key) => isPut.get(key) === false).map(keyOf),
      rangeDeletes,
    };
    now = { entries: changed(now.entries, changes), model };
    assert.ok(now.entries.every((block) => block.length > 0));
    for (const key of [...keys, draw(3_000)]) {
      const size = model.get(key);
      assert.deepEqual(valueOf(now.entries, keyOf(key)), size === undefined ? undefined : valueFor(size));
    }
    if (step % 40 === 0) past.push(now);
  }
  for (const { entries, model } of [...past, now]) {
    assert.deepEqual(await read(entries, ALL_KEYS), expected(model));
    const [from, to] = [700, 1_900];
    assert.deepEqual(await read(entries, { from: keyOf(from), to: keyOf(to) }), expected(model, from, to));
  }
});

test("packed entries: keys in order fill their blocks, and blocks that empty become few", () => {
  const put = (key: number): StateEntry => ({ key: keyOf(key), value: new Uint8Array(20) });
  let entries: Packed = [];
  for (let start = 0; start < 20_000; start += 100) {
    const puts = Array.from({ length: 100 }, (_, index) => put(start + index));
    entries = changed(entries, { puts, deletes: [], rangeDeletes: [] });
  }
  const bytes = entries.reduce((sum, block) => sum + block.length, 0);
  assert.ok(entries.length < bytes / 1_000, `${entries.length} blocks of ${bytes} bytes`);
  const deletes = Array.from({ length: 20_000 }, (_, key) => key).filter((key) => key % 100 > 0);
  const rest = changed(entries, { puts: [], deletes: deletes.map(keyOf), rangeDeletes: [] });
  assert.ok(rest.length < 20, `200 entries in ${rest.length} blocks`);
});

test("packed entries: a scan goes on behind its last key, whatever has changed", async () => {
  const put = (key: number): StateEntry => ({ key: keyOf(key), value: valueFor(1) });
  let entries = changed([], {
    puts: Array.from({ length: 2_500 }, (_, key) => put(key)),
    deletes: [],
    rangeDeletes: [],
  });
  let found = 0;
  for await (const slice of slicesOf(() => entries, ALL_KEYS)) {
    found += slice.length;
    const last = slice.at(-1)?.key as Uint8Array;
    entries = changed(entries, { puts: [], deletes: [last, keyOf(0)], rangeDeletes: [] });
  }
  assert.equal(found, 2_500);
});
