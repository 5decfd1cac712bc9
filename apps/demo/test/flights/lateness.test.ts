import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS } from "../../src/flights/flight.ts";
import { beyondBound } from "../../src/flights/lateness.ts";
import { columnsOf, HOUR } from "./sample.ts";

const marked = (flags: Uint8Array) => [...flags.keys()].filter((row) => flags[row] === 1);

test("beyondBound marks a flight once the watermark has reached the last millisecond of its hour", () => {
  const columns = columnsOf([
    ["ABQ", 30, 0],
    ["ABQ", 3 * HOUR - 1, 0],
    ["ABQ", 59, 0],
    ["ABQ", 3 * HOUR, 0],
    ["ABQ", 59, 0],
    ["ABQ", HOUR, 0],
  ]);
  const order = Uint32Array.of(0, 1, 2, 3, 4, 5);
  assert.deepEqual(marked(beyondBound(columns, order, 2 * HOUR_MS, [0])), [4]);
});

test("beyondBound does not count a flight against itself", () => {
  const columns = columnsOf([
    ["ABQ", 0, 0],
    ["ABQ", 50 * HOUR, 0],
  ]);
  assert.deepEqual(marked(beyondBound(columns, Uint32Array.of(0, 1), HOUR_MS, [0])), []);
});

test("beyondBound looks at each split by itself", () => {
  const columns = columnsOf([
    ["ABQ", 9 * HOUR, 0],
    ["ABQ", 0, 0],
    ["ABQ", 1 * HOUR, 0],
    ["ABQ", 8 * HOUR, 0],
    ["ABQ", 0, 0],
  ]);
  const order = Uint32Array.of(0, 1, 2, 3, 4);
  assert.deepEqual(marked(beyondBound(columns, order, HOUR_MS, [0])), [1, 2, 4]);
  assert.deepEqual(marked(beyondBound(columns, order, HOUR_MS, [0, 2])), [1, 4]);
});
