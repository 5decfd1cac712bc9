import assert from "node:assert/strict";
import { test } from "node:test";

import {
  materialise,
  nexmark,
  type NexmarkEvent,
  type NexmarkEvents,
  nexmarkSplits,
  timeOf,
} from "../../../src/nexmark/generator/mod.ts";

function all(events: NexmarkEvents): readonly NexmarkEvent[] {
  return Array.from({ length: events.length }, (_, offset) => events.at(offset));
}

/** FNV-1a over every field of every event, in the order of the fields. */
function checksum(splits: readonly NexmarkEvents[]): number {
  let hash = 0x811c9dc5;
  for (const { person, auction, bid } of splits.flatMap(all)) {
    const kind = bid === undefined ? (auction === undefined ? "P" : "A") : "B";
    const text = `${kind}|${Object.values(person ?? auction ?? bid ?? {}).join("|")}\n`;
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  }
  return hash >>> 0;
}

// The checksums are those of a second implementation, in Java 17, on the real java.util.Random.
test("nexmark makes, byte for byte, what an implementation in Java makes", () => {
  assert.equal(checksum(nexmarkSplits({ events: 10_000 })), 3198917394);
  const options = { events: 10_007, rate: 1000, generators: 3, outOfOrderGroupSize: 40 };
  assert.equal(checksum(nexmarkSplits(options)), 3317219795);
});

test("nexmark begins with a person, three auctions, and bids", () => {
  const events = nexmark({ events: 5 });
  assert.deepEqual(events.at(0).person, {
    id: 1000,
    name: "Peter Jones",
    emailAddress: "nhd@xcat.com",
    creditCard: "7241 7320 9143 4888",
    city: "Portland",
    state: "WY",
    dateTime: Date.UTC(2015, 6, 15),
    extra:
      "WN_HS_bnpkkiwhwana_L^`KZjdgsid`K]MLU[aaOH`ztxbulvlxtkn_ZZ^T\\mqgdjzvlkymsmfrhkfVYSXK_OY[aVYVKa\\X^]RO]OYguwidu" +
      "WJNQLLaMLHOTaHY_J[YKWaUOSJN_VHWXZ]`SgbnjqeVVQ\\[[",
  });
  assert.deepEqual(
    [1, 2, 3].map((offset) => events.at(offset).auction?.id),
    [1000, 1001, 1002],
  );
  assert.deepEqual(nexmark({ events: 5, extra: false }).at(4).bid, {
    auction: 1000,
    bidder: 1001,
    price: 32530001,
    channel: "channel-7703",
    url: "https://www.nexmark.com/lza/vltn/xjpk/item.htm?query=1&channel_id=394788864",
    dateTime: Date.UTC(2015, 6, 15),
    extra: "",
  });
});

test("nexmark gives an event the same whatever was read before", () => {
  const events = nexmark({ events: 500, generators: 4 });
  const forwards = all(events);
  const backwards = forwards.map((_, index) => events.at(forwards.length - 1 - index)).toReversed();
  assert.deepEqual(backwards, forwards);
});

test("nexmark without extra changes nothing else", () => {
  const full = all(nexmark({ events: 2000 }));
  const bare = all(nexmark({ events: 2000, extra: false }));
  const emptied = full.map(({ person, auction, bid }) => ({
    person: person && { ...person, extra: "" },
    auction: auction && { ...auction, extra: "" },
    bid: bid && { ...bid, extra: "" },
  }));
  assert.deepEqual(bare, emptied);
});

test("materialise keeps the events and the watermarks", () => {
  const events = nexmark({ events: 3000, generators: 7, outOfOrderGroupSize: 10 });
  const kept = materialise(events);
  assert.deepEqual(all(kept), all(events));
  for (let offset = 0; offset < events.length; offset++) {
    assert.equal(kept.watermark(offset), events.watermark(offset));
  }
  assert.throws(() => kept.at(3000), RangeError);
});

test("nexmark reads the generators in turns, and the rest from the last one", () => {
  const options = { events: 11, generators: 3 };
  const splits = nexmarkSplits(options);
  assert.deepEqual(
    splits.map(({ length }) => length),
    [3, 3, 5],
  );
  const [a, b, c] = splits.map(all) as [NexmarkEvent[], NexmarkEvent[], NexmarkEvent[]];
  const expected = [a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2], c[3], c[4]];
  assert.deepEqual(all(nexmark(options)), expected);
});

test("nexmark keeps to the proportions, the ids and the ranges", () => {
  const events = all(nexmark({ events: 5000 }));
  const people = events.flatMap(({ person }) => person ?? []);
  const auctions = events.flatMap(({ auction }) => auction ?? []);
  const bids = events.flatMap(({ bid }) => bid ?? []);
  assert.deepEqual([people.length, auctions.length, bids.length], [100, 300, 4600]);
  assert.deepEqual(
    people.map(({ id }) => id),
    people.map((_, index) => 1000 + index),
  );
  assert.deepEqual(
    auctions.map(({ id }) => id),
    auctions.map((_, index) => 1000 + index),
  );
  assert.ok(auctions.every((each) => each.category >= 10 && each.category < 15 && each.expires > each.dateTime));
  assert.ok(auctions.every((each) => each.reserve >= each.initialBid + 100));
  assert.ok(bids.every((each) => Number.isInteger(each.price) && each.price >= 100 && each.price <= 100_000_000));
  assert.ok(bids.some((each) => /^Google|Facebook|Baidu|Apple$/.test(each.channel)));
});

test("nexmark names up to ten auctions and people that are still to come", () => {
  let auctions = 0;
  let people = 0;
  let auctionLead = 0;
  let personLead = 0;
  for (const event of all(nexmark({ events: 20_000, extra: false }))) {
    if (event.person !== undefined) people++;
    if (event.auction !== undefined) auctions++;
    if (event.bid === undefined) continue;
    auctionLead = Math.max(auctionLead, event.bid.auction - (1000 + auctions - 1));
    personLead = Math.max(personLead, event.bid.bidder - (1000 + people - 1));
  }
  assert.deepEqual([auctionLead, personLead], [10, 10]);
});

test("nexmark fills records with characters that JSON has to escape, up to their size", () => {
  const events = all(nexmark({ events: 5000 }));
  const extras = events.map(({ person, auction, bid }) => (person ?? auction ?? bid)!.extra);
  assert.deepEqual([...new Set(extras.join(""))].toSorted().join(""), charactersFromTo(72, 122));
  const lengths = events.flatMap(({ bid }) => bid?.extra.length ?? []);
  assert.deepEqual([Math.min(...lengths), Math.max(...lengths)], [54, 81]);
});

function charactersFromTo(first: number, last: number): string {
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

test("nexmark leaves the order of time only within a group, and no event is below its watermark", () => {
  const options = { events: 400, rate: 1000, outOfOrderGroupSize: 40 };
  const events = nexmark(options);
  const times = all(events).map(timeOf);
  assert.notDeepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    times.toSorted((a, b) => a - b),
    all(nexmark({ ...options, outOfOrderGroupSize: 1 })).map(timeOf),
  );
  for (let offset = 0; offset < times.length; offset++) {
    assert.equal(events.watermark(offset), Math.min(...times.slice(offset - (offset % 40), offset + 40)));
    assert.ok(times.slice(offset).every((time) => time >= events.watermark(offset)));
  }
});

test("nexmark gives parallel generators the same times", () => {
  const base = Date.UTC(2015, 6, 15);
  const splits = nexmarkSplits({ events: 300, generators: 100 });
  for (const split of splits) assert.deepEqual(all(split).map(timeOf), [base, base + 10, base + 20]);
});

test("nexmark computes times as Beam does, or as Flink does", () => {
  const last = (timing: "beam" | "flink"): number =>
    timeOf(nexmark({ events: 30_001, rate: 30_000, timing }).at(30_000));
  const base = Date.UTC(2015, 6, 15);
  assert.equal(last("beam") - base, 990);
  assert.equal(last("flink") - base, 1000);
  const fast = nexmark({ events: 20_001, rate: 10_000_000, timing: "flink" });
  assert.equal(timeOf(fast.at(20_000)) - base, 2);
});

test("nexmark refuses options that cannot be met", () => {
  const messages: readonly [object, RegExp][] = [
    [{ events: -1 }, /events is -1/],
    [{ rate: 0 }, /rate is 0/],
    [{ generators: 1.5 }, /generators is 1.5/],
    [{ outOfOrderGroupSize: 1906 }, /a multiple of 953/],
    [{ rate: 10_000_000 }, /no time would pass/],
    [{ rate: 1, generators: 1000 }, /open for too long/],
  ];
  for (const [options, message] of messages) {
    assert.throws(() => nexmark({ events: 10, ...options }), { name: "RangeError", message });
  }
});

test("nexmark has no event outside of its range", () => {
  const events = nexmark({ events: 10, generators: 2 });
  for (const offset of [-1, 10, 0.5, Number.NaN]) assert.throws(() => events.at(offset), /Cannot read event/);
});
