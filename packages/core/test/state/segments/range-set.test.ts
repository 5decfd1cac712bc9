import assert from "node:assert/strict";
import { test } from "node:test";

import { RangeSet } from "../../../src/state/segments/range-set.ts";

const SPAN = 5;

/** All ranges over so few keys, the empty ones too. */
const RANGES = Array.from({ length: SPAN * SPAN }, (_, at) => [Math.floor(at / SPAN), at % SPAN] as const);

/** The ranges of a set: where each begins and ends. */
function coverOf(ranges: readonly (readonly [number, number])[]): RangeSet {
  return new RangeSet(ranges.map(([from, to]) => ({ from: Uint8Array.of(from), to: Uint8Array.of(to) })));
}

/** Whether they are in order, and a key lies between any two: what touches is one range. */
function isApart(set: RangeSet): boolean {
  const edges = set.list.flatMap(({ from, to }) => [from[0] as number, to[0] as number]);
  return edges.every((edge, at) => at === 0 || (edges[at - 1] as number) < edge);
}

const triples = RANGES.flatMap((one) => RANGES.flatMap((two) => RANGES.map((three) => [one, two, three] as const)));

test("RangeSet: any three ranges cover the keys of each, in order and apart from one another", () => {
  for (const ranges of triples) {
    const set = coverOf(ranges);
    const covered = Array.from({ length: SPAN }, (_, key) => set.covers(Uint8Array.of(key)));
    const expected = covered.map((_, key) => ranges.some(([from, to]) => key >= from && key < to));
    assert.deepEqual(covered, expected, ranges.join("; "));
    assert.ok(isApart(set), ranges.join("; "));
  }
});
