import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEntryKey, encodeEntryKey, encodeEntryValue } from "../../src/state/entry-codec.ts";
import type { FrozenTable } from "../../src/state/frozen-table.ts";
import type { Key } from "../../src/state/key-codec.ts";
import { keyGroupOf } from "../../src/state/key-groups.ts";
import { TableLayout } from "../../src/state/layout.ts";
import { Cell, Row, Space } from "../../src/state/row.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import {
  addressOf,
  KEY_GROUPS,
  MAP,
  put,
  putEntry,
  remove,
  SLOTS,
  tableOf,
  TableStore,
  VALUE,
  valueIn,
} from "./table-store.ts";

describe("KeyedTable, when it freezes", () => {
  it("gives the changes since the last time, and nothing else", () => {
    const table = tableOf();
    const store = new TableStore();
    put(table, "a", 1);
    put(table, "b", 2);
    assert.deepEqual(store.drain(table.freeze()), { puts: 2, deletes: 0 });
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 0 });
    put(table, "b", 3);
    put(table, "b", 4);
    assert.deepEqual(store.drain(table.freeze()), { puts: 1, deletes: 0 });
    assert.deepEqual(
      [...store.contents()],
      [
        [addressOf("value", "a"), 1],
        [addressOf("value", "b"), 4],
      ],
    );
  });

  it("writes one map entry, not the map around it", () => {
    const table = tableOf();
    const store = new TableStore();
    for (let i = 0; i < 100; i++) putEntry(table, "a", i, i);
    assert.deepEqual(store.drain(table.freeze()), { puts: 100, deletes: 0 });
    putEntry(table, "a", 42, "new");
    assert.deepEqual(store.drain(table.freeze()), { puts: 1, deletes: 0 });
  });

  it("holds what values were at that moment: later writes do not reach it (ST-03)", () => {
    const table = tableOf();
    const store = new TableStore();
    put(table, "a", "old");
    put(table, "b", "old");
    const frozen = table.freeze();
    put(table, "a", "new");
    remove(table, "b");
    put(table, "c", "new");
    store.drain(frozen);
    assert.deepEqual([...store.contents().values()], ["old", "old"]);
    store.drain(table.freeze());
    assert.deepEqual(
      [...store.contents()],
      [
        [addressOf("value", "a"), "new"],
        [addressOf("value", "c"), "new"],
      ],
    );
  });

  it("holds the old bytes of a value that is changed in place after it was given to user code (COR-27)", () => {
    const table = tableOf();
    const store = new TableStore();
    put(table, "a", { seen: ["before"] });
    const frozen = table.freeze();
    const cell = table.cell(table.row(table.space(null), "a"), VALUE);
    table.protect(cell);
    (cell.value as { seen: string[] }).seen.push("after");
    store.drain(frozen);
    assert.deepEqual([...store.contents().values()], [{ seen: ["before"] }]);
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 0 }, "looking is no change");
  });

  it("holds the old bytes of an accumulator that is changed in place by the engine (COR-27)", () => {
    const table = tableOf();
    const store = new TableStore();
    put(table, "a", [1]);
    const frozen = table.freeze();
    const cell = table.cell(table.row(table.space(null), "a"), VALUE);
    table.claim(cell);
    (cell.value as number[]).push(2);
    store.drain(frozen);
    assert.deepEqual([...store.contents().values()], [[1]]);
    store.drain(table.freeze());
    assert.deepEqual([...store.contents().values()], [[1, 2]]);
  });

  it("keeps several frozen epochs apart", () => {
    const table = tableOf();
    const store = new TableStore();
    const frozen = [1, 2, 3].map((value) => {
      put(table, "a", value);
      if (value === 2) put(table, "b", "second");
      return table.freeze();
    });
    put(table, "a", 4);
    remove(table, "b");
    const found = frozen.map((each) => {
      store.drain(each);
      return [...store.contents().values()];
    });
    assert.deepEqual(found, [[1], [2, "second"], [3, "second"]]);
    store.drain(table.freeze());
    assert.deepEqual([...store.contents().values()], [4]);
  });

  it("takes puts and deletes of one key through any number of epochs, drained late or at once", () => {
    // Each digit is an epoch: 0 nothing, 1 put, 2 delete, 3 put and delete, 4 delete and put.
    const ACTIONS = 5;
    const EPOCHS = 4;
    for (let sequence = 0; sequence < ACTIONS ** EPOCHS; sequence++) {
      for (const late of [false, true]) {
        const table = tableOf();
        const store = new TableStore();
        const checks: (() => void)[] = [];
        let value: string | undefined;
        for (let epoch = 0; epoch < EPOCHS; epoch++) {
          const action = Math.floor(sequence / ACTIONS ** epoch) % ACTIONS;
          const write = (): void => {
            value = `${epoch}`;
            put(table, "a", value);
          };
          const erase = (): void => {
            value = undefined;
            remove(table, "a");
          };
          if (action === 1 || action === 3) write();
          if (action === 2 || action === 3 || action === 4) erase();
          if (action === 4) write();
          const frozen = table.freeze();
          const expected = value === undefined ? [] : [value];
          checks.push(() => {
            store.drain(frozen, 1);
            assert.deepEqual([...store.contents().values()], expected, `${sequence} at ${epoch}`);
          });
          if (!late) checks.pop()?.();
        }
        for (const check of checks) check();
        assert.equal(table.space(null).size, value === undefined ? 0 : 1, "no row stays without an entry");
      }
    }
  });

  it("writes no tombstone for what was never stored", () => {
    const table = tableOf();
    const store = new TableStore();
    put(table, "a", 1);
    remove(table, "a");
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 0 });
    put(table, "a", 1);
    store.drain(table.freeze());
    remove(table, "a");
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 1 });
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 0 });
    assert.equal(store.entries.size, 0);
  });

  it("gives parts inside one key group, of a bounded size, in slices", () => {
    const table = tableOf();
    const frozenKeys = 3000;
    for (let i = 0; i < frozenKeys; i++) put(table, i, "x".repeat(1000));
    const frozen = table.freeze();
    let entries = 0;
    for (;;) {
      const part = frozen.next(100);
      if (part === "done") break;
      if (part === "more") continue;
      entries += part.puts.length;
      assert.ok(part.bytes < 128 * 1024);
      for (const { key } of part.puts) assert.equal(decodeEntryKey(key).keyGroup, part.keyGroup);
    }
    assert.equal(entries, frozenKeys);
  });
});

/** Drains a frozen table in slices of 1000 cells. */
function putsIn(frozen: FrozenTable): { readonly puts: number; readonly slices: number } {
  let puts = 0;
  let slices = 0;
  for (;;) {
    const part = frozen.next(1000);
    if (part === "done") return { puts, slices };
    if (part !== "more") puts += part.puts.length;
    slices++;
  }
}

describe("KeyedTable, with many changes in one epoch", () => {
  it("loses none of them, however many there are", () => {
    // The set of changes is swept of dead cells as it grows. The cell that is about to be written is not dead.
    const table = tableOf();
    const count = 140_000;
    for (let i = 0; i < count; i++) put(table, i, i);
    assert.equal(putsIn(table.freeze()).puts, count);
  });

  it("keeps a set of changes that is bounded by the state and not by the traffic", () => {
    const table = tableOf();
    put(table, "stays", 1);
    for (let i = 0; i < 200_000; i++) {
      put(table, i, i);
      remove(table, i);
    }
    assert.equal(table.space(null).size, 1);
    const { puts, slices } = putsIn(table.freeze());
    assert.equal(puts, 1);
    assert.ok(slices <= 140, `${slices} slices of 1000 cells for one change`);
  });
});

describe("KeyedTable, of rows", () => {
  it("forgets a row with its last entry, and keeps it while one is left", () => {
    const table = tableOf();
    putEntry(table, "a", 1, "x");
    put(table, "a", 1);
    remove(table, "a");
    assert.equal(table.space(null).size, 1);
    const cell = table.mapCell(table.row(table.space(null), "a"), MAP, 1);
    if (cell !== undefined) table.clear(cell);
    assert.equal(table.space(null).size, 0);
  });

  it("keeps the row that is held, though its last entry goes", () => {
    // User code may clear one state of a key and go on to write another: both belong to the same row.
    const table = tableOf();
    const row = table.row(table.space(null), "a");
    table.hold(row);
    put(table, "a", 1);
    remove(table, "a");
    const cell = table.cell(row, VALUE);
    table.claim(cell);
    cell.value = 2;
    cell.present = true;
    table.hold(undefined);
    assert.equal(valueIn(table, "a"), 2);
    remove(table, "a");
    assert.equal(table.space(null).size, 0);
  });

  it("forgets a held row that is empty when it is let go", () => {
    const table = tableOf();
    const space = table.space(null);
    table.hold(table.row(space, "a"));
    table.hold(table.row(space, "b"));
    assert.equal(space.get("a"), undefined);
    table.hold(undefined);
    assert.equal(space.size, 0);
  });

  it("keeps keys of different types and namespaces apart", () => {
    const table = tableOf();
    const keys: readonly Key[] = [
      "1",
      1,
      1n,
      true,
      null,
      ["1"],
      [1],
      new Date(1),
      Uint8Array.of(1),
      "s1",
      "c1",
      [["1"]],
      "",
    ];
    for (const [index, key] of keys.entries()) put(table, key, index, ["window", 1]);
    for (const [index, key] of keys.entries()) put(table, key, -index);
    const store = new TableStore();
    store.drain(table.freeze());
    assert.equal(store.entries.size, 2 * keys.length);
    const restored = store.restored();
    for (const [index, key] of keys.entries()) {
      assert.equal(valueIn(restored, key, ["window", 1]), index);
      assert.equal(valueIn(restored, key), index === 0 ? -0 : -index);
    }
  });

  it("takes -0 for 0, as its bytes do", () => {
    const table = tableOf();
    put(table, -0, "zero");
    assert.equal(valueIn(table, 0), "zero");
    assert.ok(Object.is(table.row(table.space(null), 0).key, 0));
  });

  it("keeps a key of its own, which later changes to the record cannot reach", () => {
    const table = tableOf();
    const day = new Date(1000);
    const bytes = Uint8Array.of(1, 2);
    put(table, day, "day");
    put(table, [bytes, "x"], "pair");
    putEntry(table, "a", day, "entry");
    day.setTime(2000);
    bytes[0] = 9;
    const store = new TableStore();
    store.drain(table.freeze());
    assert.deepEqual(store.contents().get(addressOf("value", new Date(1000))), "day");
    assert.deepEqual(store.contents().get(addressOf("value", [Uint8Array.of(1, 2), "x"])), "pair");
    assert.deepEqual(store.contents().get(addressOf("map", "a", null, new Date(1000))), "entry");
    remove(table, new Date(1000));
    assert.equal(table.space(null).get(new Date(1000))?.cell(VALUE)?.present, false);
  });

  const noKeys: readonly (readonly [string, unknown])[] = [
    ["undefined", undefined],
    ["NaN", Number.NaN],
    ["Infinity", Infinity],
    ["an object", {}],
    ["an invalid Date", new Date(Number.NaN)],
    ["a tuple with undefined in it", [undefined]],
    ["a function", () => 1],
  ];
  for (const [name, bad] of noKeys) {
    it(`refuses ${name} for a key and for a map's key, before anything hangs on it`, () => {
      const table = tableOf();
      assert.throws(() => put(table, bad as Key, 1), { code: "KEY_UNSUPPORTED" });
      assert.equal(table.space(null).size, 0);
      put(table, "a", 1);
      assert.throws(() => putEntry(table, "a", bad as Key, 1), { code: "KEY_UNSUPPORTED" });
      assert.deepEqual(new TableStore().drain(table.freeze()), { puts: 1, deletes: 0 });
    });
  }

  it("refuses a key of another subtask with STATE_KEY_FOREIGN", () => {
    const range = { first: 0, last: 63 };
    const table = tableOf(SLOTS, range);
    let own = 0;
    for (let key = 0; key < 200; key++) {
      const group = keyGroupOf(key, KEY_GROUPS);
      if (group <= range.last) {
        put(table, key, key);
        own++;
      } else {
        assert.throws(() => put(table, key, key), {
          code: "STATE_KEY_FOREIGN",
          details: { operator: "op", keyGroup: group },
        });
      }
    }
    assert.ok(own > 50 && own < 150);
    assert.equal(table.space(null).size, own);
  });
});

describe("KeyedTable, when it is restored", () => {
  /** An entry as some program wrote it. */
  function entryOf(state: string, kind: "value" | "map", subkey: Key | undefined, value: unknown, version = 0) {
    const layout = new TableLayout("op", [{ name: state, kind, version }]);
    const row = new Row("a", new Space(null));
    const cell = new Cell(row, 0, subkey);
    const key = encodeEntryKey(new ByteWriter(), cell, layout, keyGroupOf("a", KEY_GROUPS));
    return { key, value: encodeEntryValue(new ByteWriter(), value, version) };
  }

  it("has what was stored, and writes none of it again", () => {
    const store = new TableStore();
    const table = tableOf();
    put(table, "a", { n: 1 });
    putEntry(table, "b", ["x", 1], "entry");
    store.drain(table.freeze());
    const restored = store.restored();
    assert.deepEqual(valueIn(restored, "a"), { n: 1 });
    assert.equal(restored.mapCell(restored.row(restored.space(null), "b"), MAP, ["x", 1])?.value, "entry");
    assert.deepEqual(store.drain(restored.freeze()), { puts: 0, deletes: 0 });
    remove(restored, "a");
    assert.deepEqual(store.drain(restored.freeze()), { puts: 0, deletes: 1 });
  });

  it("leaves out the entries of other subtasks' key groups (RSC-07)", () => {
    const store = new TableStore();
    const table = tableOf();
    for (let key = 0; key < 500; key++) put(table, key, key);
    store.drain(table.freeze());
    const halves = [tableOf(SLOTS, { first: 0, last: 63 }), tableOf(SLOTS, { first: 64, last: 127 })];
    for (const entry of store.entries.values()) {
      const taken = halves.filter((half) => half.restore(entry) !== undefined);
      assert.equal(taken.length, 1, "each key once");
    }
    assert.equal(
      halves.reduce((rows, half) => rows + half.space(null).size, 0),
      500,
    );
  });

  it("refuses a state that the operator does not declare with STATE_UNMAPPED (RES-04)", () => {
    assert.throws(() => tableOf().restore(entryOf("gone", "value", undefined, 1)), {
      code: "STATE_UNMAPPED",
      message: /state "gone" of operator "op": the operator declares "value", "map"/,
      details: { operator: "op", state: "gone" },
    });
  });

  it("refuses a state that was a map and is a value now, or the other way round, with STATE_INCOMPATIBLE", () => {
    assert.throws(() => tableOf().restore(entryOf("value", "map", "subkey", 1)), {
      code: "STATE_INCOMPATIBLE",
      message: /found map state of version 0, and it is declared as value state of version 0/,
    });
    assert.throws(() => tableOf().restore(entryOf("map", "value", undefined, 1)), { code: "STATE_INCOMPATIBLE" });
  });

  it("refuses values of another version than the one declared with STATE_INCOMPATIBLE", () => {
    assert.throws(() => tableOf().restore(entryOf("value", "value", undefined, 1, 3)), {
      code: "STATE_INCOMPATIBLE",
      message: /version 3.*version 0/,
    });
  });
});
