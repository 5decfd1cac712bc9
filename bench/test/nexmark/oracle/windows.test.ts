import assert from "node:assert/strict";
import { test } from "node:test";

import { collect, ORACLE } from "../../../src/nexmark/oracle/mod.ts";
import { hotItems } from "../../../src/nexmark/oracle/q5.ts";
import { auction, bid, log, person, START } from "./records.ts";

test("q5 counts in windows that begin before the first bid, and keeps all auctions of a tie", () => {
  const some = log(
    bid({ auction: 1 }),
    bid({ auction: 2, dateTime: START + 1 }),
    bid({ auction: 1, dateTime: START + 2000 }),
  );
  const at = (offsetMs: number): object[] => hotItems(some).filter((each) => each.windowStart === START + offsetMs);
  assert.equal(hotItems(some).length, 6);
  assert.deepEqual(at(-8000), [{ windowStart: START - 8000, auctions: [1, 2], count: 1 }]);
  assert.deepEqual(at(0), [{ windowStart: START, auctions: [1], count: 2 }]);
  assert.deepEqual(at(2000), [{ windowStart: START + 2000, auctions: [1], count: 1 }]);
  // Five windows up to that of START hold the first two bids, four of them the third as well; one holds only that.
  assert.deepEqual(ORACLE.q5(some), [
    [1, 1],
    [2, 1],
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 1],
  ]);
});

test("q7 keeps all bids of the highest price", () => {
  const some = log(bid({ price: 5, bidder: 1 }), bid({ price: 5, bidder: 2, extra: "x" }), bid({ price: 4 }));
  assert.deepEqual(ORACLE.q7(some), [
    [1000, 5, 1, START, ""],
    [1000, 5, 2, START, "x"],
  ]);
});

// The comparison with the end of the window includes the end, where the next window begins.
test("q7 gives a bid on the boundary of two windows twice if it has the highest price of both", () => {
  const end = START + 10_000;
  const twice = log(bid({ price: 5, bidder: 1 }), bid({ price: 5, bidder: 2, dateTime: end }));
  assert.deepEqual(
    ORACLE.q7(twice).map((row) => [row[2], row[3]]),
    [
      [1, START],
      [2, end],
      [2, end],
    ],
  );
  const onlyBefore = log(
    bid({ price: 5, bidder: 1 }),
    bid({ price: 5, bidder: 2, dateTime: end }),
    bid({ price: 6, bidder: 3, dateTime: end + 1 }),
    bid({ price: 5, bidder: 4, dateTime: end + 1 }),
  );
  assert.deepEqual(
    ORACLE.q7(onlyBefore).map((row) => row[2]),
    [1, 2, 3],
  );
});

test("q8 makes one row of a person and a window, however many auctions there are", () => {
  const some = log(
    auction({ id: 1, seller: 1, dateTime: START + 9999 }),
    auction({ id: 2, seller: 1, dateTime: START + 9999 }),
    auction({ id: 3, seller: 2, dateTime: START + 10_000 }),
    person({ id: 1, name: "A", dateTime: START }),
    person({ id: 2, name: "B", dateTime: START }),
  );
  assert.deepEqual(ORACLE.q8(some), [[1, "A", START]]);
});

test("q11 ends a session after a pause of more than ten seconds, and sorts late bids in", () => {
  const times = [20_001, 0, 10_000, 40_000];
  const some = log(...times.map((time) => bid({ dateTime: START + time })), bid({ bidder: 7 }));
  assert.deepEqual(ORACLE.q11(some), [
    [1001, 2, START, START + 20_000],
    [1001, 1, START + 20_001, START + 30_001],
    [1001, 1, START + 40_000, START + 50_000],
    [7, 1, START, START + 10_000],
  ]);
});

test("q12 counts by the clock on the wall", () => {
  const events = [bid({}), bid({ dateTime: START + 50_000 }), bid({}), person({}), bid({ bidder: 7 })];
  const arrivals = [5000, 9999, 10_000, 10_001, 29_999];
  const some = collect(events, (offset) => arrivals[offset]!);
  assert.deepEqual(ORACLE.q12(some), [
    [1001, 2, 0, 10_000],
    [1001, 1, 10_000, 20_000],
    [7, 1, 20_000, 30_000],
  ]);
});

test("q12 lets bids arrive at their own time if nothing else is said", () => {
  assert.deepEqual(ORACLE.q12(log(bid({ dateTime: START + 1 }))), [[1001, 1, START, START + 10_000]]);
});
