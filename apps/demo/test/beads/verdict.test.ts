// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/beads/bead-sink.ts";
import { judge } from "../../src/beads/verdict.ts";

const BEADS = { fast: [2, 4], slow: [3, 8] };
const GOOD: readonly Row[] = [
  { parity: "even", total: 4 },
  { parity: "odd", total: 3 },
  { parity: "even", total: 6 },
  { parity: "even", total: 14 },
];

test("judge: takes rows in which every integer was added once, in any order", () => {
  const { right, lines } = judge(BEADS, GOOD);
  assert.equal(right, true);
  assert.match(lines[0]!, /even +committed 14 in 3 rows; a plain loop over 3 integers gives 14/);
});

test("judge: finds what is missing", () => {
  const { right, lines } = judge(BEADS, GOOD.slice(0, -1));
  assert.equal(right, false);
  assert.ok(lines.includes("  missing: 8"));
});

test("judge: finds what was added twice", () => {
  const { right, lines } = judge(BEADS, [...GOOD, { parity: "even", total: 18 }]);
  assert.equal(right, false);
  assert.ok(lines.includes("  added twice, or never sent: 4"));
});

test("judge: a right total by wrong additions is wrong", () => {
  const rows: readonly Row[] = [6, 14].map((total) => ({ parity: "even", total }));
  assert.equal(judge(BEADS, [{ parity: "odd", total: 3 }, ...rows]).right, false);
});
