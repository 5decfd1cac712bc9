/**
 * How many rows the queries have to answer on two fixed data sets. The first is that of Apache Beam's documentation,
 * which prints some of the numbers. Nobody prints those of the second, which spans more windows: they pin what we
 * found.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { nexmark } from "../../src/nexmark/generator/mod.ts";
import { collect, type EventLog, ORACLE, type QueryName } from "../../src/nexmark/oracle/mod.ts";
import { hotItems } from "../../src/nexmark/oracle/q5.ts";
import { beamNewUsers, beamWinningBids } from "./beam-rules.ts";

// No row depends on `extra`, except for what it says of it.
const beam = collect(nexmark({ events: 100_000, generators: 100, extra: false }));
const slow = collect(nexmark({ events: 100_000, rate: 1000, extra: false }));

function expectCounts(log: EventLog, expected: Partial<Record<QueryName, number>>): void {
  const names = Object.keys(expected) as QueryName[];
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, ORACLE[name](log).length])), expected);
}

test("the data of Beam has 2,000 people, 6,000 auctions and 92,000 bids", () => {
  for (const { people, auctions, bids } of [beam, slow]) {
    assert.deepEqual([people.length, auctions.length, bids.length], [2000, 6000, 92_000]);
  }
});

test("queries 1, 2, 7 and 11 have as many rows as Beam prints", () => {
  expectCounts(beam, { q1: 92_000, q2: 351, q7: 1, q11: 1919 });
});

test("query 5 has as many rows as Beam prints, with its windows every five seconds", () => {
  assert.equal(ORACLE.q5(beam, 10_000, 5000).length, 12);
});

test("query 8 has as many rows as Beam prints, which counts pairs", () => {
  assert.equal(beamNewUsers(beam), 6000);
});

test("query 9 has as many rows as Beam prints, by its own rules for a tenth of the events", () => {
  assert.equal(beamWinningBids(collect(nexmark({ events: 10_000, generators: 100, extra: false }))), 298);
});

// Beam prints 444, from a runner whose output for this query is known to vary while that of the others does not:
// https://github.com/apache/beam/issues/20615. The whole join has 580 rows. Even without the auctions that come before
// their sellers 514 would be left.
test("query 3 has the rows of the whole join, more than Beam prints", () => {
  expectCounts(beam, { q3: 580 });
});

test("each query has its number of rows at a thousand events per second", () => {
  expectCounts(slow, {
    q0: 92_000,
    q2: 351,
    q3: 580,
    q5: 68,
    q7: 10,
    q8: 299,
    q9: 4044,
    q11: 3020,
    q14: 26_069,
    q17: 4657,
    q18: 25_248,
    q19: 35_135,
    q20: 14_419,
  });
  assert.equal(hotItems(slow).length, 54);
});

test("query 4 has its means at a thousand events per second", () => {
  assert.deepEqual(
    ORACLE.q4(slow).toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      [10, 34_546_912],
      [11, 32_513_436],
      [12, 34_169_316],
      [13, 31_872_634],
      [14, 33_725_369],
    ],
  );
});

test("query 15 has its statistics at a thousand events per second", () => {
  const counts = [92_000, 30_655, 30_660, 30_685, 1919, 1735, 1753, 1745, 4657, 4113, 4159, 4170];
  assert.deepEqual(ORACLE.q15(slow), [["2015-07-15", ...counts]]);
});
