// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import type { TraceEvent } from "@tidemark/core";

import { EventTimes } from "../src/watch-time.ts";

const at = { stage: "total", subtask: 0 };
const started = (restoredFrom?: number): TraceEvent => ({ kind: "attempt-started", generation: 1, restoredFrom });
const merged = (time: number): TraceEvent => ({ kind: "watermark", at, time });
const channel = (index: number): { readonly from: typeof at; readonly index: number } => ({ from: at, index });
const says = (index: number, time: number): TraceEvent => ({
  kind: "channel-watermark",
  at,
  channel: channel(index),
  time,
});
const turns = (index: number, status: "idle" | "finished"): TraceEvent => ({
  kind: "channel-status",
  at,
  channel: channel(index),
  status,
});

function breachesOf(...events: readonly TraceEvent[]): readonly string[] {
  const breaches: string[] = [];
  const times = new EventTimes((text) => breaches.push(text));
  for (const event of events) times.on(event);
  return breaches;
}

test("EventTimes: the least of the channels that have not ended, and nothing more while one is idle", () => {
  const merging = [started(), says(0, 10), says(1, 4), merged(4), says(1, 12), merged(10), turns(0, "finished")];
  assert.deepEqual(breachesOf(...merging, merged(12), turns(1, "finished"), merged(Infinity)), []);
  assert.deepEqual(breachesOf(started(), says(0, 10), says(1, 4), merged(4), turns(1, "idle"), merged(10)), []);
  assert.deepEqual(breachesOf(started(), merged(4), merged(9)), [], "a source");
  assert.deepEqual(breachesOf(started(3), says(0, 10), says(0, 4)), [], "restored");
  assert.deepEqual(breachesOf(started(), says(0, 9), merged(9), started(3), says(0, 4), merged(4)), []);
});

test("EventTimes: a region that restarts begins anew, and what another one knows of its channels stays", () => {
  const known = [started(), says(0, 5), says(1, 3), merged(3)];
  const again = (...stages: readonly string[]): TraceEvent => ({
    kind: "region-restarted",
    region: 0,
    stages,
    generation: 2,
    restoredFrom: 1,
  });
  assert.deepEqual(breachesOf(...known, again("words"), says(0, 9), says(1, 7), merged(7)), []);
  assert.match(breachesOf(...known, again("words"), says(0, 9), merged(9)).join(), /least of its channels at 3/);
  assert.deepEqual(breachesOf(...known, again("words", "total"), says(0, 1), says(1, 2), merged(1)), []);
});

const BREACHES: readonly (readonly [what: string, events: readonly TraceEvent[], breach: RegExp])[] = [
  ["a channel that goes back", [started(), says(0, 10), says(0, 4)], /channel 0 of total\/0 went from 10 to 4/],
  ["a subtask that goes back", [started(), merged(10), merged(4)], /total\/0 went from 10 to 4/],
  [
    "a subtask that is ahead of its channels",
    [started(), says(0, 3), merged(4)],
    /at 4, and its channels at 3 at most/,
  ],
  [
    "a subtask that forgets a channel",
    [started(), says(0, 9), says(1, 3), merged(9)],
    /the least of its channels at 3/,
  ],
];
for (const [what, events, breach] of BREACHES) {
  test(`EventTimes finds ${what}`, () => assert.match(breachesOf(...events).join("; "), breach));
}
