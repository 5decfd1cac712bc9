import assert from "node:assert/strict";
import { test } from "node:test";
import { feedOrder, placesInFeed } from "../../src/flights/order.ts";
import { columnsOf } from "./sample.ts";

test("feedOrder sorts by schedule and delay together, and by row number within a minute", () => {
  const columns = columnsOf([
    ["ABQ", 0, 30],
    ["ABQ", 10, 5],
    ["ABQ", 20, 10],
    ["ABQ", 30, 0],
    ["ABQ", 1200, -1116],
    ["ABQ", 15, 15],
    ["ABQ", 0, 0],
  ]);
  assert.deepEqual([...feedOrder(columns)], [6, 1, 0, 2, 3, 5, 4]);
});

test("placesInFeed is the inverse of feedOrder", () => {
  const order = feedOrder(columnsOf([3, 1, 2, 0, 1].map((minute) => ["ABQ", minute, 0])));
  const places = placesInFeed(order);
  order.forEach((row, place) => assert.equal(places[row], place));
});
