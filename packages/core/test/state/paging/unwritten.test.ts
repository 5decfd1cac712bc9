import assert from "node:assert/strict";
import { it } from "node:test";
import type { Slot } from "../../../src/state/layout.ts";
import { PagedStore, pagedTable } from "./paged-store.ts";

const SLOTS: readonly Slot[] = [{ name: "value", kind: "value", version: 0 }];

it("gives no entry away that is encoded, before the store has it", () => {
  const store = new PagedStore(true);
  const { table, pager } = pagedTable(store, SLOTS);
  const set = (key: string): void => {
    const cell = table.cell(table.row(table.space(null), key), 0);
    table.claim(cell);
    cell.value = "set";
    cell.present = true;
  };
  const get = (key: string): unknown => table.cell(table.row(table.space(null), key), 0).value;
  for (const key of ["a", "b"]) set(key);
  store.freeze(table);
  store.writeSome(1);
  assert.equal(store.puts, 0, "one of two is encoded, and none is written");
  for (let round = 0; round < 3; round++) pager.evict(Infinity);
  assert.deepEqual(["a", "b"].map(get), ["set", "set"]);
  store.writeAll();
  for (let round = 0; round < 3; round++) pager.evict(Infinity);
  assert.equal(table.space(null).size, 0);
  assert.deepEqual(["a", "b"].map(get), ["set", "set"]);
});
