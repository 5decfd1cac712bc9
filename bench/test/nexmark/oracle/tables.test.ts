import assert from "node:assert/strict";
import { test } from "node:test";

import { checkAnswer, ORACLE } from "../../../src/nexmark/oracle/mod.ts";
import { bid, log, START } from "./records.ts";

const DAY_MS = 86_400_000;
const NONE = { missing: [], unexpected: [] };

test("q15 has the bounds of the ranks in the upper one, and counts everybody once in each", () => {
  const some = log(
    bid({ price: 9999, bidder: 1, auction: 1 }),
    bid({ price: 9999, bidder: 1, auction: 2 }),
    bid({ price: 10_000, bidder: 1, auction: 1 }),
    bid({ price: 999_999, bidder: 2, auction: 1 }),
    bid({ price: 1_000_000, bidder: 1, auction: 1 }),
    bid({ price: 1, dateTime: START + DAY_MS, bidder: 9, auction: 9 }),
  );
  assert.deepEqual(ORACLE.q15(some), [
    ["2015-07-15", 5, 2, 2, 1, 2, 1, 2, 1, 2, 2, 1, 1],
    ["2015-07-16", 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0],
  ]);
});

test("q16 has the latest minute of each channel and day", () => {
  const minute = (count: number): number => START + count * 60_000;
  const some = log(
    bid({ channel: "a", dateTime: minute(61), price: 1 }),
    bid({ channel: "a", dateTime: minute(59), price: 1 }),
    bid({ channel: "b", dateTime: minute(1), price: 1 }),
    bid({ channel: "a", dateTime: START + DAY_MS, price: 1 }),
  );
  assert.deepEqual(
    ORACLE.q16(some).map((row) => row.slice(0, 4)),
    [
      ["a", "2015-07-15", "01:01", 2],
      ["b", "2015-07-15", "00:01", 1],
      ["a", "2015-07-16", "00:00", 1],
    ],
  );
  assert.equal(ORACLE.q16(some)[0]?.length, 15);
});

test("q17 cuts off the fraction of the mean", () => {
  const some = log(bid({ price: 4 }), bid({ price: 1_000_001 }), bid({ price: 20_000 }), bid({ auction: 2, price: 5 }));
  assert.deepEqual(ORACLE.q17(some), [
    [1000, "2015-07-15", 3, 1, 1, 1, 4, 1_000_001, 340_001, 1_020_005],
    [2, "2015-07-15", 1, 1, 0, 0, 5, 5, 5, 5],
  ]);
});

test("q18 keeps the bid with the greatest time, whenever it arrived", () => {
  const some = log(bid({ price: 1, dateTime: START + 5 }), bid({ price: 2, dateTime: START + 4 }), bid({ bidder: 2 }));
  assert.deepEqual(
    ORACLE.q18(some).map((row) => [row[1], row[2]]),
    [
      [1001, 1],
      [2, 500],
    ],
  );
});

test("q18 may keep any bid of the greatest time", () => {
  const some = log(bid({ price: 1 }), bid({ price: 2 }), bid({ price: 3, dateTime: START - 1 }));
  const row = (price: number): (string | number)[] => {
    return [1000, 1001, price, "Apple", "https://a/b/c/d/e?query=1", price === 3 ? START - 1 : START, ""];
  };
  assert.deepEqual(ORACLE.q18(some), [row(2)]);
  assert.deepEqual(checkAnswer("q18", [row(1)], some), NONE);
  assert.deepEqual(checkAnswer("q18", [row(2)], some), NONE);
  assert.equal(checkAnswer("q18", [row(3)], some).unexpected.length, 1);
});

test("q19 numbers the ten highest bids, and may leave out any of those that tie for the last place", () => {
  const prices = [9, 3, 8, 7, 7, 6, 5, 4, 4, 3, 3, 2];
  const some = log(...prices.map((price, bidder) => bid({ price, bidder })));
  const rows = ORACLE.q19(some);
  const pick = (answer: readonly (readonly unknown[])[]): unknown[] => answer.map((row) => [row[2], row[7]]);
  assert.deepEqual(
    pick(rows),
    [9, 8, 7, 7, 6, 5, 4, 4, 3, 3].map((price, index) => [price, index + 1]),
  );
  assert.deepEqual(checkAnswer("q19", rows, some), NONE);

  const replace = (from: number, to: number): (string | number | null)[][] =>
    rows.map((row) => row.map((value, index) => (index === 1 && value === from ? to : value)));
  // Bidders 1, 9 and 10 bid 3, for two places; bidder 11 bid 2.
  assert.deepEqual(checkAnswer("q19", replace(9, 10), some), NONE);
  assert.equal(checkAnswer("q19", replace(9, 11), some).unexpected.length, 1);
  const swapped = rows.map((row) =>
    row.map((value, index) => (index === 7 ? ({ 3: 4, 4: 3 }[Number(value)] ?? value) : value)),
  );
  assert.deepEqual(checkAnswer("q19", swapped, some), NONE);
});

test("ORACLE answers every query of the generator's events as its own check expects", async () => {
  const { nexmark } = await import("../../../src/nexmark/generator/mod.ts");
  const { collect } = await import("../../../src/nexmark/oracle/mod.ts");
  const some = collect(nexmark({ events: 5000, rate: 200 }));
  for (const name of Object.keys(ORACLE) as (keyof typeof ORACLE)[]) {
    const rows = ORACLE[name](some);
    assert.ok(rows.length > 0, name);
    assert.deepEqual(checkAnswer(name, rows, some), NONE, name);
    assert.equal(checkAnswer(name, rows.slice(1), some).missing.length, 1, name);
  }
});
