import assert from "node:assert/strict";
import { test } from "node:test";

import { nexmark, NexmarkLineError, parseEvent } from "../../../src/nexmark/generator/mod.ts";

const BID = { auction: 1, bidder: 2, price: 3, channel: "a", url: "b", dateTime: 4, extra: "c" };

test("parseEvent reads what JSON.stringify writes", () => {
  const events = nexmark({ events: 100 });
  for (let offset = 0; offset < events.length; offset++) {
    assert.deepEqual(parseEvent(JSON.stringify(events.at(offset)), offset + 1), events.at(offset));
  }
});

test("parseEvent ignores fields that no record has", () => {
  const event = parseEvent(JSON.stringify({ bid: { ...BID, more: true } }), 1);
  assert.deepEqual(event, { person: undefined, auction: undefined, bid: BID });
});

test("parseEvent names the line, the field and what it found", () => {
  const message = (line: string): string => {
    try {
      parseEvent(line, 12);
    } catch (error) {
      assert.ok(error instanceof NexmarkLineError);
      assert.equal(error.line, 12);
      assert.equal(error.name, "NexmarkLineError");
      return error.message;
    }
    return "no error";
  };
  const bid = (change: object): string => message(JSON.stringify({ bid: { ...BID, ...change } }));
  assert.equal(bid({ price: "3" }), 'Cannot read line 12: bid.price is "3", not a whole number');
  assert.equal(bid({ price: 0.5 }), "Cannot read line 12: bid.price is 0.5, not a whole number");
  assert.equal(bid({ url: undefined }), "Cannot read line 12: bid.url is missing, not a string");
  assert.equal(bid({ extra: null }), "Cannot read line 12: bid.extra is null, not a string");
  assert.equal(message('{"bid":[]}'), "Cannot read line 12: bid is [], not an object");
  assert.equal(message("{"), 'Cannot read line 12: "{" is not JSON');
  assert.equal(message(""), 'Cannot read line 12: "" is not JSON');
  for (const line of ["null", "[]", "{}", '{"offer":{}}', '{"bid":{},"person":{}}']) {
    assert.match(message(line), /^Cannot read line 12: .* is not one of \{"person":…\}, \{"auction":…\}, \{"bid":…\}$/);
  }
  assert.equal(message(`{"offer":"${"x".repeat(100)}"}`).length, 115);
});

test("parseEvent says what was wrong with the JSON", () => {
  assert.throws(
    () => parseEvent("nonsense", 1),
    (error: Error) => error.cause instanceof SyntaxError,
  );
});
