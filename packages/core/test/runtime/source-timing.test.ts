import assert from "node:assert/strict";
import { test } from "node:test";

import { manualEnv } from "@tidemark/core/testing";

import type { SourceReader, SourceSplit } from "../../src/connect/source.ts";
import { SourceTiming } from "../../src/runtime/source-timing.ts";
import { AlignmentGroup, type AlignmentMember } from "../../src/time/alignment-group.ts";
import { NO_TIMESTAMP } from "../../src/time/timestamps.ts";

const IDLE_AFTER_MS = 20;
const notCalled = (): never => assert.fail("timing asks a reader for its splits alone");

/** Timing of a reader with three splits, of which each record is its own event time. */
function timed(alignment?: AlignmentMember) {
  const splits = new Set(["a", "b", "c"]);
  const { env, pass } = manualEnv();
  const said: (number | string)[] = [];
  const reader: SourceReader<unknown, SourceSplit> = {
    addSplits: notCalled,
    poll: notCalled,
    available: notCalled,
    snapshot: () => [...splits].map((id) => ({ id })),
    close: notCalled,
  };
  const timing = new SourceTiming({
    env,
    sourceId: "source",
    reader,
    eventTime: {
      timestampOf: (value) => value as number,
      outOfOrderMs: 0,
      idleAfterMs: IDLE_AFTER_MS,
      alignment: undefined,
      punctuation: undefined,
    },
    alignment,
    takesRejected: false,
    deadLettered: notCalled,
    wake: () => undefined,
    resume: notCalled,
    push: (event) => {
      if (event.kind === "watermark") said.push(event.time);
      if (event.kind === "status") said.push(event.status);
    },
  });
  for (const id of splits) timing.add({ id }, NO_TIMESTAMP);
  timing.begin();
  return {
    said,
    pass,
    /** A poll gives a record of a split. */
    gives: (splitId: string, value: number) => {
      timing.asked(splitId);
      timing.take({ splitId, values: [value] });
    },
    /** A split has been read to its end. */
    ends: (splitId: string) => splits.delete(splitId),
    /** All splits have, and others may be assigned. */
    ranOut: () => timing.ranOut(),
    /** A poll gives nothing. */
    givesNothing: () => timing.asked(undefined),
    /** The reader may have something. */
    hasSomething: () => timing.left(),
  };
}

test("SourceTiming: a split is idle when it had its turn after the time was up, and gave nothing (WM-02)", () => {
  const { said, pass, gives } = timed();
  for (let n = 0; n < 4; n++) {
    gives("a", 1_000 + n);
    pass(5);
  }
  gives("a", 1_005);
  gives("b", 10);
  assert.deepEqual(said, [], "c may have something, and its turn comes last");
  gives("a", 1_006);
  assert.deepEqual(said, [9], "c had its turn");
});

test("SourceTiming: a stretch in which nobody asks is no silence, however long it is (WM-02)", () => {
  const { said, pass, gives, givesNothing } = timed();
  gives("a", 1_000);
  gives("b", 10);
  gives("c", 10);
  pass(10_000);
  assert.deepEqual(said, [9]);
  gives("a", 1_001);
  for (let n = 0; n < 3; n++) {
    pass(10_000);
    gives("a", 1_002 + n);
  }
  assert.deepEqual(said, [9], "asked three times, over a quarter of the time each");
  givesNothing();
  pass(IDLE_AFTER_MS);
  assert.deepEqual(said.slice(0, 3), [9, 1_003, "idle"], "now they are silent, and then all are");
});

test("SourceTiming: a reader that has nothing is silent until it says otherwise (WM-02)", () => {
  const { said, pass, gives, givesNothing, hasSomething } = timed();
  for (const id of ["a", "b", "c"]) gives(id, 10);
  givesNothing();
  pass(IDLE_AFTER_MS - 1);
  hasSomething();
  pass(10_000);
  gives("b", 20);
  assert.deepEqual(said, [9], "a and c lack a millisecond, and it may be there");
  givesNothing();
  pass(IDLE_AFTER_MS);
  assert.deepEqual(said, [9, 19, "idle"]);
});

test("SourceTiming: a split that has ended holds event time back no more (COR-09)", () => {
  const { said, gives, ends } = timed();
  gives("a", 10);
  gives("b", 1_000);
  gives("c", 2_000);
  assert.deepEqual(said, [9]);
  ends("a");
  gives("b", 1_001);
  ends("b");
  gives("c", 2_001);
  assert.deepEqual(said, [9, 1_000, 2_000]);
});

test("SourceTiming: a reader without splits holds event time back, and nobody of its group (COR-25)", () => {
  const group = new AlignmentGroup();
  const other = group.join(100);
  const { said, gives, ends, ranOut } = timed(group.join(100));
  for (const id of ["a", "b", "c"]) gives(id, 10);
  assert.equal(other.limit, 109);
  let resumed = 0;
  other.awaitLimit(500, () => resumed++);
  for (const id of ["a", "b", "c"]) ends(id);
  ranOut();
  assert.deepEqual([other.limit, resumed], [Infinity, 1]);
  assert.deepEqual(said, [9], "what it is assigned next must not come late");
});
