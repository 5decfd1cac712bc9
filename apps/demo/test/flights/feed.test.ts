import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { flightAt } from "../../src/flights/columns.ts";
import { lineOf, prepareFeed, sha256Of } from "../../src/flights/feed.ts";
import { FeedMap } from "../../src/flights/feed-map.ts";
import { feedOrder, placesInFeed } from "../../src/flights/order.ts";
import { columnsOf } from "./sample.ts";
import { temporaryFolder } from "./temporary.ts";

const columns = columnsOf(Array.from({ length: 100 }, (_, row) => ["ABQ", row * 3, ((row * 37) % 50) - 10]));
const order = feedOrder(columns);

test("lineOf is the JSON of a flight", () => {
  assert.deepEqual(JSON.parse(lineOf(flightAt(columns, 7))), flightAt(columns, 7));
});

test("prepareFeed writes every flight once, in the order they left, and notes the hash", async (context) => {
  const feed = await prepareFeed(await temporaryFolder(context), columns, order);
  const bytes = await readFile(feed.path);
  const lines = bytes.toString("utf8").split("\n");
  assert.equal(lines.pop(), "");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [...order].map((row) => flightAt(columns, row)),
  );
  assert.equal(feed.bytes, bytes.length);
  assert.equal(feed.sha256, createHash("sha256").update(bytes).digest("hex"));
  assert.equal(await sha256Of(feed.path), feed.sha256);
  assert.equal(feed.reused, false);
});

test("prepareFeed takes the feed that is there", async (context) => {
  const folder = await temporaryFolder(context);
  const { reused: _, ...first } = await prepareFeed(folder, columns, order);
  const { reused, ...second } = await prepareFeed(folder, columns, order);
  assert.equal(reused, true);
  assert.deepEqual(second, first);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("prepareFeed writes a feed anew whose bytes have changed", async (context) => {
  const folder = await temporaryFolder(context);
  const feed = await prepareFeed(folder, columns, order);
  const bytes = await readFile(feed.path);

  await writeFile(feed.path, bytes.toString("latin1").replace('"delay":', '"delag":'));
  assert.equal((await prepareFeed(folder, columns, order)).reused, false);
  assert.deepEqual(await readFile(feed.path), bytes);

  await truncate(feed.path, bytes.length - 1);
  assert.equal((await prepareFeed(folder, columns, order)).reused, false);
  assert.deepEqual(await readFile(feed.path), bytes);
});

test("FeedMap finds the first line that begins at a byte or behind it", async (context) => {
  const feed = await prepareFeed(await temporaryFolder(context), columns, order);
  const map = new FeedMap(feed, placesInFeed(order), 1);
  context.after(() => map.close());
  let begins = 0;
  for (const [place, row] of order.entries()) {
    const ends = begins + lineOf(flightAt(columns, row)).length + 1;
    assert.equal(map.placeAt(begins), place);
    assert.equal(map.placeAt(begins + 1), place + 1);
    assert.equal(map.placeAt(ends - 1), place + 1);
    begins = ends;
  }
  assert.equal(map.placeAt(feed.bytes), feed.rows);
});

test("FeedMap knows where splits begin, and which split a place lies in", async (context) => {
  const feed = await prepareFeed(await temporaryFolder(context), columns, order);
  for (const splits of [1, 2, 3, 4, 7, 16]) {
    const map = new FeedMap(feed, placesInFeed(order), splits);
    context.after(() => map.close());
    assert.equal(map.starts.length, splits);
    assert.equal(map.starts[0], 0);
    for (const [split, start] of map.starts.entries()) {
      assert.equal(map.splitOf(start), split);
      assert.equal(map.splitOf((map.starts[split + 1] ?? feed.rows) - 1), split);
    }
  }
});
