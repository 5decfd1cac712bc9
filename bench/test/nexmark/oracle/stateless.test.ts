import assert from "node:assert/strict";
import { test } from "node:test";

import { nexmark } from "../../../src/nexmark/generator/mod.ts";
import { collect, ORACLE, q10Partitions } from "../../../src/nexmark/oracle/mod.ts";
import { auction, bid, log, person, START } from "./records.ts";

const HOUR_MS = 3_600_000;

test("q0 and q13 name their columns in the order of the query", () => {
  const one = log(person({}), auction({}), bid({ auction: 20_007, bidder: 1, price: 2, dateTime: 3, extra: "x" }));
  assert.deepEqual(ORACLE.q0(one), [[20_007, 1, 2, 3, "x"]]);
  assert.deepEqual(ORACLE.q13(one), [[20_007, 1, 2, 3, "7"]]);
});

test("q1 gives the decimal of three digits that floating point would miss", () => {
  const price = 101;
  assert.equal(ORACLE.q1(log(bid({ price })))[0]?.[2], 91.708);
  const prices = Array.from({ length: 5000 }, (_, index) => 100 + index * 19_997);
  for (const row of ORACLE.q1(log(...prices.map((each) => bid({ price: each }))))) {
    assert.match(String(row[2]), /^\d+(?:\.\d{1,3})?$/);
  }
  assert.ok(prices.some((each) => !/^\d+(?:\.\d{1,3})?$/.test(String(each * 0.908))));
});

test("q2 keeps auctions that 123 divides", () => {
  assert.deepEqual(ORACLE.q2(log(bid({ auction: 1107, price: 5 }), bid({ auction: 1108 }))), [[1107, 5]]);
});

test("q10 files bids by the minute in UTC", () => {
  const late = START + 23 * HOUR_MS + 59 * 60_000 + 59_999;
  const some = log(bid({ dateTime: late, extra: "x" }), bid({ dateTime: late + 1 }), bid({ dateTime: late + 2 }));
  assert.deepEqual(ORACLE.q10(some)[0], [1000, 1001, 500, late, "x", "2015-07-15", "23:59"]);
  const folders = q10Partitions(some);
  assert.deepEqual(folders.get("dt=2015-07-15/hm=23:59"), [[1000, 1001, 500, late, "x"]]);
  assert.equal(folders.get("dt=2015-07-16/hm=00:00")?.length, 2);
  assert.equal(folders.size, 2);
});

test("q14 compares exactly with both bounds, which do not belong", () => {
  // 0.908 times 55,066,079 is 49,999,999.732; no whole price hits a bound.
  const prices = [1_101_321, 1_101_322, 55_066_079, 55_066_080];
  const rows = ORACLE.q14(log(...prices.map((price) => bid({ price }))));
  assert.deepEqual(
    rows.map((row) => row[2]),
    [1_000_000.376, 49_999_999.732],
  );
});

test("q14 knows day, night and the two hours that are neither, and counts the letter c", () => {
  const hours = [0, 6, 7, 8, 18, 19, 20, 23];
  const bids = hours.map((hour) => bid({ price: 2_000_000, dateTime: START + hour * HOUR_MS + 59 * 60_000 }));
  assert.deepEqual(
    ORACLE.q14(log(...bids)).map((row) => row[3]),
    ["nightTime", "nightTime", "otherTime", "dayTime", "dayTime", "otherTime", "nightTime", "nightTime"],
  );
  const [row] = ORACLE.q14(log(bid({ price: 2_000_000, extra: "cCac\\c" })));
  assert.deepEqual(row, [1000, 1001, 1_816_000, "nightTime", START, "cCac\\c", 3]);
});

test("q21 takes the id from the name, else from the address, else leaves the bid out", () => {
  const rows = ORACLE.q21(
    log(
      bid({ channel: "aPPle", url: "https://x/?query=1&channel_id=9" }),
      bid({ channel: "Google" }),
      bid({ channel: "facebook" }),
      bid({ channel: "BAIDU" }),
      bid({ channel: "channel-1", url: "https://x/?query=1&channel_id=-2147483648&more=1" }),
      bid({ channel: "channel-2", url: "channel_id=2" }),
      bid({ channel: "channel-3", url: "https://x/?channel_id=3" }),
      bid({ channel: "channel-4", url: "https://x/?query=1&channel_id=" }),
      bid({ channel: "constructor", url: "https://x/" }),
    ),
  );
  assert.deepEqual(
    rows.map((row) => row.slice(3)),
    [
      ["aPPle", "0"],
      ["Google", "1"],
      ["facebook", "2"],
      ["BAIDU", "3"],
      ["channel-1", "-2147483648"],
      ["channel-2", "2"],
      ["channel-4", ""],
    ],
  );
});

test("q22 splits the address, and has null for a folder that is not there", () => {
  const rows = ORACLE.q22(log(bid({ url: "https://host/a//c/item" }), bid({ url: "https://host/a" })));
  assert.deepEqual(rows, [
    [1000, 1001, 500, "Apple", "a", "", "c"],
    [1000, 1001, 500, "Apple", "a", null, null],
  ]);
});

test("q21 and q22 find their parts in the addresses of the generator", () => {
  const some = collect(nexmark({ events: 2000, extra: false }));
  assert.ok(ORACLE.q22(some).every((row) => row.slice(4).every((part) => /^[a-z_]{3,4}$/.test(String(part)))));
  assert.ok(ORACLE.q21(some).every((row) => /^-?\d+$/.test(String(row[4]))));
});
