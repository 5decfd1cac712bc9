import assert from "node:assert/strict";
import { test } from "node:test";

import { Channels } from "../../../src/nexmark/generator/channels.ts";

const SLOTS = 10_004;

test("Channels gives every channel a fixed address with three folders", () => {
  const channels = new Channels();
  const again = new Channels();
  for (let slot = SLOTS - 1; slot >= 0; slot--) {
    const { channel, url } = channels.get(slot);
    assert.match(url, /^https:\/\/www\.nexmark\.com(?:\/[a-z_]{3,4}){3}\/item\.htm\?query=1(?:&channel_id=-?\d+)?$/);
    assert.equal(channel, slot < 10_000 ? `channel-${slot}` : ["Google", "Facebook", "Baidu", "Apple"][slot - 10_000]);
    if (slot % 1000 === 0) assert.deepEqual(again.get(slot), { channel, url });
  }
});

test("Channels puts an id into nine addresses of ten, and into none of a big channel", () => {
  const channels = new Channels();
  const named = (slot: number): boolean => channels.get(slot).url.includes("&channel_id=");
  const count = Array.from({ length: 10_000 }, (_, slot) => slot).filter(named).length;
  assert.ok(count > 8900 && count < 9100, `${count} of 10,000`);
  assert.deepEqual([10_000, 10_001, 10_002, 10_003].filter(named), []);
});

test("Channels computes ids in 32 bits: that of channel 1 has no absolute value", () => {
  const channels = new Channels();
  assert.match(channels.get(1).url, /&channel_id=-2147483648$/);
  assert.match(channels.get(2).url, /&channel_id=1073741824$/);
  assert.match(channels.get(3).url, /&channel_id=1073741824$/);
});

test("Channels takes half of the bids from a big channel", () => {
  const channels = new Channels();
  const slots = Array.from({ length: 20_000 }, (_, id) => channels.slotOf(id));
  const counts = [10_000, 10_001, 10_002, 10_003].map((slot) => slots.filter((each) => each === slot).length);
  for (const count of counts) assert.ok(count > 2300 && count < 2700, String(counts));
  assert.ok(new Set(slots).size > 6000);
});
