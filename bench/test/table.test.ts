import assert from "node:assert/strict";
import { test } from "node:test";

import { tableLines } from "../src/table.ts";

test("tableLines makes columns as wide as their widest cell, and leaves nothing at the end of a line", () => {
  const rows = [
    ["name", "n", ""],
    ["a", "1000", "no"],
  ];
  assert.deepEqual(tableLines(rows), ["name  n", "a     1000  no"]);
  assert.deepEqual(
    tableLines(rows, (column) => (column === 1 ? "right" : "left")),
    ["name     n", "a     1000  no"],
  );
  assert.deepEqual(tableLines([]), []);
});
