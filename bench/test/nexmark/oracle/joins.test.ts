import assert from "node:assert/strict";
import { test } from "node:test";

import { checkAnswer, ORACLE } from "../../../src/nexmark/oracle/mod.ts";
import { auction, bid, log, person, START } from "./records.ts";

const END = START + 60_000;

// Both bounds of BETWEEN belong, and the reserve is not asked for; in Beam both are otherwise.
test("q4 and q9 count bids at the opening and at the end, and ask for no reserve", () => {
  const price = (dateTime: number): unknown => ORACLE.q4(log(auction({}), bid({ price: 7, dateTime })))[0]?.[1];
  assert.equal(price(START), 7);
  assert.equal(price(END), 7);
  assert.equal(price(START - 1), undefined);
  assert.equal(price(END + 1), undefined);
  const times = [START - 1, START, END, END + 1];
  const won = times.map((dateTime) => ORACLE.q9(log(auction({}), bid({ dateTime }))).length);
  assert.deepEqual(won, [0, 1, 1, 0]);
});

test("q4 cuts off the fraction of the mean, and leaves out auctions without a bid", () => {
  const events = [
    auction({ id: 1, category: 11 }),
    auction({ id: 2, category: 11 }),
    auction({ id: 3, category: 11 }),
    auction({ id: 4, category: 12 }),
    bid({ auction: 1, price: 3 }),
    bid({ auction: 1, price: 5 }),
    bid({ auction: 2, price: 10 }),
  ];
  assert.deepEqual(ORACLE.q4(log(...events)), [[11, 7]]);
});

test("q3, q4, q9 and q20 join what refers to something that arrives later", () => {
  const late = log(bid({ dateTime: START + 1 }), auction({ dateTime: START }), person({}));
  const onTime = log(person({}), auction({ dateTime: START }), bid({ dateTime: START + 1 }));
  for (const name of ["q3", "q4", "q6", "q9", "q20"] as const) {
    assert.equal(ORACLE[name](late).length, 1, name);
    assert.deepEqual(ORACLE[name](late), ORACLE[name](onTime), name);
  }
});

test("q3 keeps category 10 and three states", () => {
  const events = [
    ...["OR", "ID", "CA", "WA"].map((state, index) => person({ id: index, state, name: `P${index}`, city: "Kent" })),
    ...[0, 1, 2, 3, 0].map((seller, index) => auction({ id: 100 + index, seller, category: index === 4 ? 11 : 10 })),
  ];
  assert.deepEqual(ORACLE.q3(log(...events)), [
    ["P0", "Kent", "OR", 100],
    ["P1", "Kent", "ID", 101],
    ["P2", "Kent", "CA", 102],
  ]);
});

test("q9 prefers the higher price, then the earlier bid, and has fifteen columns", () => {
  const events = [
    auction({}),
    bid({ price: 5, bidder: 1, dateTime: START + 3 }),
    bid({ price: 5, bidder: 2, dateTime: START + 2, extra: "x" }),
    bid({ price: 4, bidder: 3, dateTime: START + 1 }),
  ];
  const left = [1000, "hat", "a hat", 100, 200, START, END, 1000, 10, "old"];
  assert.deepEqual(ORACLE.q9(log(...events)), [[...left, 1000, 2, 5, START + 2, "x"]]);
});

test("q9 may take any bid of the same price and time", () => {
  const some = log(auction({}), bid({ bidder: 1 }), bid({ bidder: 2 }), bid({ bidder: 3, dateTime: START + 1 }));
  const [row] = ORACLE.q9(some);
  const other = row!.map((value, index) => (index === 11 ? 2 : value));
  const worse = row!.map((value, index) => (index === 11 ? 3 : value));
  assert.equal(row![11], 1);
  assert.deepEqual(checkAnswer("q9", [other], some), { missing: [], unexpected: [] });
  assert.equal(checkAnswer("q9", [worse], some).unexpected.length, 1);
  assert.equal(checkAnswer("q9", [row!, other], some).unexpected.length, 1);
});

test("q20 joins bids that came too late as well, and has sixteen columns", () => {
  const some = log(auction({}), auction({ id: 1, category: 11 }), bid({ dateTime: END + 1 }), bid({ auction: 1 }));
  const left = [1000, 1001, 500, "Apple", "https://a/b/c/d/e?query=1", END + 1, ""];
  assert.deepEqual(ORACLE.q20(some), [[...left, "hat", "a hat", 100, 200, START, END, 1000, 10, "old"]]);
});

test("q6 takes the last ten winning prices of a seller by the time of the bid, not by the price", () => {
  const auctions = Array.from({ length: 12 }, (_, index) => auction({ id: index, seller: 7 }));
  const bids = auctions.flatMap((_, index) => [
    bid({ auction: index, price: 100 * (12 - index), dateTime: START + index }),
    bid({ auction: index, price: 1, dateTime: START + index }),
  ]);
  // The prices are 1200, 1100, … 100 in the order of time.
  const some = log(...bids.toReversed(), ...auctions, auction({ id: 99, seller: 8 }));
  assert.deepEqual(ORACLE.q6(some), [[7, 550]]);
});

test("q6 takes the lower of two prices of the same time as the earlier one", () => {
  const auctions = Array.from({ length: 11 }, (_, index) => auction({ id: index, seller: 7 }));
  const bids = auctions.map((_, index) => bid({ auction: index, price: index === 5 ? 100 : 201 }));
  assert.deepEqual(ORACLE.q6(log(...auctions, ...bids)), [[7, 201]]);
});
