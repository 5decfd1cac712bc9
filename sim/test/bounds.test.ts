// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import type { TraceEvent } from "@tidemark/core";
import { simWorld } from "@tidemark/core/testing";

import { Bounds } from "../src/bounds.ts";
import { Calls } from "../src/calls.ts";
import { inspectionOf } from "../src/inspection.ts";

const at = { stage: "map", subtask: 0 };
const begins = (checkpointId: number): TraceEvent => ({
  kind: "checkpoint-triggered",
  checkpointId,
  request: "periodic",
});
const completes = (checkpointId: number): TraceEvent => ({
  kind: "checkpoint-completed",
  checkpointId,
  durationMs: 1,
  bytes: 1,
});
const aborts = (checkpointId: number): TraceEvent => ({ kind: "checkpoint-aborted", checkpointId, reason: "expired" });
const started: TraceEvent = { kind: "attempt-started", generation: 1, restoredFrom: undefined };

/** One checkpoint may be under way. A number: the clean-up after that checkpoint has ended. */
function breachesOf(...events: readonly (TraceEvent | number)[]): readonly string[] {
  const breaches: string[] = [];
  const bounds = new Bounds({ maxConcurrent: 1, breach: (text) => breaches.push(text) });
  for (const event of events) {
    if (typeof event === "number") bounds.point("release.done", { checkpointId: event });
    else bounds.on(event);
  }
  return breaches;
}

test("Bounds: as many checkpoints as may be, and a savepoint beside them", () => {
  const usual = [started, begins(1), begins(2), aborts(2), completes(1), begins(3), 1, completes(3), begins(4)];
  assert.deepEqual(breachesOf(...usual), []);
  assert.deepEqual(breachesOf(begins(1), completes(1), begins(2), completes(2), started, begins(9)), []);
});

test("Bounds finds checkpoints that pile up, under way or before they are cleaned up after", () => {
  assert.match(breachesOf(begins(1), begins(2), begins(3)).join(), /^3 checkpoints are under way, of 1$/);
  const uncleaned = [begins(1), completes(1), begins(2), completes(2), begins(3)];
  assert.match(breachesOf(...uncleaned).join(), /^checkpoint 3 begins while 2 are not cleaned up after, of 1$/);
});

test("Bounds finds a checkpoint that begins while the rows of one before are on their way to be visible", () => {
  const breaches: string[] = [];
  const bounds = new Bounds({ maxConcurrent: 2, breach: (text) => breaches.push(text) });
  bounds.on(begins(1));
  bounds.on(completes(1));
  bounds.point("commit.starting", { checkpointId: 1, sinkId: "out" });
  bounds.on(begins(2));
  assert.deepEqual(breaches.splice(0), ["checkpoint 2 begins while 1 is being committed"]);
  bounds.point("commit.done", { checkpointId: 1, sinkId: "out" });
  bounds.on(begins(3));
  bounds.point("commit.starting", { checkpointId: 2, sinkId: "out" });
  bounds.on(started);
  bounds.on(begins(9));
  assert.deepEqual(breaches, []);
});

test("Bounds finds a subtask that takes records while a channel that it writes into is full", () => {
  const breaches: string[] = [];
  const bounds = new Bounds({ maxConcurrent: 1, breach: (text) => breaches.push(text) });
  const channel = { from: at, isFull: false };
  const reader = { at: { stage: "out", subtask: 0 }, input: { channels: [{ channel }] } };
  bounds.point("region.built", { instances: [{ at, input: {} }, reader] });
  const taken: TraceEvent = { kind: "batch", at, channel: undefined, values: [1] };
  bounds.on(taken);
  bounds.on({ ...taken, at: reader.at });
  assert.deepEqual(breaches, []);
  channel.isFull = true;
  bounds.on(taken);
  assert.deepEqual(breaches, ["map/0 takes more while a channel that it writes into is full"]);
});

test("Calls: counts those under way of each step, and none that nobody waits for any more", () => {
  const calls = new Calls(2);
  const ends = [calls.begin("ask"), calls.begin("ask"), calls.begin("tell")];
  ends[0]!();
  calls.begin("ask");
  assert.deepEqual(calls.takeBreaches(), []);
  calls.begin("ask");
  assert.deepEqual([calls.takeBreaches(), calls.takeBreaches()], [["3 calls of ask are under way, of 2"], []]);
  calls.startAnew();
  ends[1]!();
  calls.begin("ask");
  calls.begin("ask");
  assert.deepEqual(calls.takeBreaches(), []);
});

/** Two calls of a step of which one may be under way, and a region that is built anew between them. */
function callsAroundRestart(who: "this process" | "another process" | "nobody"): readonly string[] {
  const world = simWorld(1);
  const process = world.spawn();
  const other = world.spawn();
  const calls = new Calls(1);
  const listener = inspectionOf(() => undefined, {
    maxConcurrent: 1,
    retained: 1,
    expires: false,
    callsOf: () => calls,
    layout: () => ({}),
  }).watch!(world, process)!;
  calls.begin("ask");
  if (who !== "nobody") (who === "this process" ? process : other).env.point("region.built", { instances: [] });
  calls.begin("ask");
  listener(started);
  return world.violations;
}

test("inspectionOf: what is restored begins its calls again before the attempt has started", () => {
  // They were counted anew from the start of the attempt on, so those that began while it was restored were held against it.
  assert.deepEqual(callsAroundRestart("this process"), []);
  const found = ["bounds: 2 calls of ask are under way, of 1"];
  assert.deepEqual(callsAroundRestart("another process"), found);
  assert.deepEqual(callsAroundRestart("nobody"), found);
});
