import assert from "node:assert/strict";
import { test } from "node:test";
import { throughputChart } from "../../src/flights/chart.ts";

test("throughputChart draws the rate over time and marks the kills", () => {
  const samples = [
    { atMs: 0, read: 0 },
    { atMs: 320, read: 3_200 },
    { atMs: 640, read: 3_200 },
  ];
  const lines = throughputChart(samples, [0, 320, 640], 640);
  assert.equal(lines.length, 5);
  assert.equal(lines[0], `10,000/s │${"█".repeat(32)}${" ".repeat(32)}`);
  assert.equal(lines[4], `  killed │✕${" ".repeat(31)}✕${" ".repeat(30)}✕`);
});

test("throughputChart draws nothing out of nothing", () => {
  assert.equal(throughputChart([{ atMs: 0, read: 0 }], [], 100).length, 5);
});
