import assert from "node:assert/strict";
import { test } from "node:test";
import { TopicFeed } from "../../src/testing/sim/topic-feed.ts";
import { TopicLog } from "../../src/testing/sim/topic-log.ts";

const RECORDS = Array.from({ length: 40 }, (_, index) => index);

test("TopicLog: without gaps a position is the number of records before it", () => {
  const log = new TopicLog(RECORDS, 1, { gaps: 0, endsApart: false });
  assert.equal(log.end, 40);
  assert.deepEqual(log.read(38, 5), {
    from: 38,
    entries: [
      { position: 38, value: 38 },
      { position: 39, value: 39 },
    ],
    to: 40,
  });
  assert.equal(new TopicLog(RECORDS, 1, { gaps: 0, endsApart: true }).end, 41);
  assert.equal(new TopicLog([], 1, { gaps: 0, endsApart: false }).end, 0);
});

test("TopicLog: with gaps each record has a position of its own, and from any position the next ones are read", () => {
  const log = new TopicLog(RECORDS, 7, { gaps: 0.5, endsApart: false });
  assert.ok(log.end > 60, `ends at ${log.end}`);
  const values: number[] = [];
  let position = 0;
  while (position < log.end) {
    const { from, entries, to } = log.read(position, 3);
    assert.equal(from, position);
    for (const entry of entries) {
      assert.ok(entry.position >= position && entry.position < to);
      assert.equal(log.countBefore(entry.position), entry.value);
      assert.equal(log.countBefore(entry.position + 1), entry.value + 1);
      assert.equal(log.positionAfter(entry.value + 1), entry.position + 1);
      values.push(entry.value);
    }
    position = to;
  }
  assert.deepEqual(values, RECORDS);
});

test("TopicLog: a record keeps its position when those behind it are left out, and another seed gives others", () => {
  const positionsOf = (count: number, seed: number): readonly number[] =>
    new TopicLog(RECORDS.slice(0, count), seed, { gaps: 0.5, endsApart: false })
      .read(0, count)
      .entries.map(({ position }) => position);
  assert.deepEqual(positionsOf(40, 3).slice(0, 11), positionsOf(11, 3));
  assert.notDeepEqual(positionsOf(40, 3), positionsOf(40, 4));
});

test("TopicFeed: what is asked for is always among what is delivered, and nothing else is from a feed that never repeats", () => {
  const log = new TopicLog(RECORDS, 7, { gaps: 0.5, endsApart: false });
  const ways = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const position = log.positionAfter(seed % 39);
    assert.deepEqual(new TopicFeed(seed, 0, 10).deliver(log, position, 2).now, [log.read(position, 2)]);
    const { now, later } = new TopicFeed(seed, 1, 10).deliver(log, position, 2);
    const asked = log.read(position, 2);
    const found = now.find(({ from, to }) => from <= asked.from && to === asked.to);
    assert.deepEqual(found?.entries.slice(-asked.entries.length), asked.entries);
    ways.add(later === undefined ? (now.length > 1 ? "ahead" : found!.from < position ? "back" : "plain") : "again");
  }
  assert.deepEqual([...ways].toSorted(), ["again", "ahead", "back", "plain"]);
});
