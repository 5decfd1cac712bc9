/** What a table forgets of its changes, where entries may be in the store alone. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { KeyedTable } from "../../../src/state/keyed-table.ts";
import { put, remove, SLOTS } from "../table-store.ts";
import { PagedStore, pagedTable } from "./paged-store.ts";

/** More than are there before it looks for those that are gone. */
const MANY = 10_000;

function comeAndGo(table: KeyedTable): void {
  for (let key = 0; key < MANY; key++) {
    put(table, key, key);
    remove(table, key);
  }
}

describe("KeyedTable, of changes that came and went", () => {
  it("writes a value that was gone when it looked for such, and came back", () => {
    const store = new PagedStore(true);
    const { table } = pagedTable(store, SLOTS);
    put(table, "a", 1);
    remove(table, "a");
    comeAndGo(table);
    put(table, "a", 2);
    store.freeze(table);
    store.writeAll();
    assert.equal(store.puts, 1);
  });

  it("counts what is changed after they were forgotten", () => {
    const { table, pager } = pagedTable(new PagedStore(true), SLOTS);
    comeAndGo(table);
    table.countChanges();
    const before = pager.unwrittenBytes;
    for (let key = 0; key < 100; key++) put(table, `new ${key}`, "some text");
    table.countChanges();
    assert.ok(pager.unwrittenBytes >= before + 100 * 260, `${pager.unwrittenBytes - before} bytes for 100 values`);
  });

  for (const isComplete of [true, false]) {
    it(`counts nothing as unwritten of what came and went, ${isComplete ? "all being in memory" : "though something may be in the store alone"}`, () => {
      const { table, pager } = pagedTable(new PagedStore(true), SLOTS);
      pager.isComplete = isComplete;
      const counted: number[] = [];
      for (let key = 0; key < MANY; key++) {
        put(table, key, "some text");
        table.countChanges();
        remove(table, key);
        counted.push(pager.unwrittenBytes);
      }
      // What has not been looked at yet may be: so many cells of some 700 bytes.
      assert.ok(Math.max(...counted) < 3_000 * 700, `${Math.max(...counted)} bytes`);
      for (let key = 0; key < 100; key++) put(table, `new ${key}`, "some text");
      table.countChanges();
      assert.ok(pager.unwrittenBytes >= 100 * 260, `${pager.unwrittenBytes} bytes for 100 values`);
    });
  }
});
