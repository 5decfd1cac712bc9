import assert from "node:assert/strict";
import { it } from "node:test";
import type { Slot } from "../../../src/state/layout.ts";
import { PagedStore, pagedTable } from "./paged-store.ts";

const SLOTS: readonly Slot[] = [{ name: "map", kind: "map", version: 0 }];

it("gives no entry away that is encoded, before the store has it", () => {
  const store = new PagedStore(true);
  const { table, pager } = pagedTable(store, SLOTS);
  /** Of one key, so that a part holds both. */
  const cellOf = (subkey: string) => table.newMapCell(table.row(table.space(null), "key"), 0, subkey);
  const set = (subkey: string): void => {
    const cell = cellOf(subkey);
    table.claim(cell);
    cell.value = "set";
    cell.present = true;
  };
  const get = (subkey: string): unknown => cellOf(subkey).value;
  for (const subkey of ["a", "b"]) set(subkey);
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
