// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TraceEvent } from "@tidemark/core";
import { BrokenTrace } from "../../src/beads/broken.ts";
import * as script from "./scripted.ts";

const { after, batch, CHECKPOINT, COMPLETED, CRASHED, EVEN_SUM, FAST, received, SLOW, STARTED } = script;

test("apply: a source's bead lies in the channel of its parity until a sum takes it", () => {
  const read = after(STARTED, batch(FAST, undefined, 2, 4));
  assert.equal(read.sources.fast.read, 2);
  assert.deepEqual(read.lanes["fast>even"].items, [
    { kind: "bead", value: 2 },
    { kind: "bead", value: 4 },
  ]);
  const taken = after(STARTED, batch(FAST, undefined, 2, 4), batch(EVEN_SUM, FAST, 2));
  assert.equal(taken.sums.even, 2);
  assert.deepEqual(taken.lanes["fast>even"].items, [{ kind: "bead", value: 4 }]);
  assert.deepEqual(taken.lanes["sum>even"].items, [{ kind: "bead", value: 2 }]);
});

test("apply: an input whose barrier has come is blocked until the snapshot, and beads wait behind it", () => {
  const blockedAt = CHECKPOINT.findIndex(({ kind }) => kind === "channel-blocked");
  const waiting = after(...CHECKPOINT.slice(0, blockedAt + 1));
  assert.equal(waiting.lanes["slow>even"].blocked, true);
  assert.equal(waiting.lanes["fast>even"].blocked, false);
  const cut = after(...CHECKPOINT);
  assert.equal(cut.lanes["slow>even"].blocked, false);
  assert.deepEqual(cut.lanes["fast>even"].items, [{ kind: "bead", value: 4 }]);
});

test("apply: a snapshot holds what came before the barriers, whatever happens later", () => {
  const later = after(...CHECKPOINT, batch(EVEN_SUM, FAST, 4));
  assert.equal(later.sums.even, 16);
  assert.deepEqual(later.snapshots, [{ checkpointId: 1, positions: { slow: 1, fast: 1 }, sums: { even: 12, odd: 0 } }]);
  assert.deepEqual(later.sinks.even.sealed, [{ checkpointId: 1, rows: [10, 12] }]);
  assert.equal(later.underway?.frozen.length, 6);
});

test("apply: rows are committed with their checkpoint, once", () => {
  const done = after(...CHECKPOINT, ...COMPLETED);
  assert.deepEqual(done.completed, [1]);
  assert.equal(done.underway, undefined);
  assert.deepEqual(done.sinks.even, { open: [], sealed: [], committed: [10, 12] });
  assert.deepEqual(after(...CHECKPOINT, ...COMPLETED, COMPLETED.at(-1)!).sinks.even.committed, [10, 12]);
});

test("apply: after a crash sources, sums and channels are what they were at the checkpoint", () => {
  const again: TraceEvent = { kind: "attempt-started", generation: 2, restoredFrom: 1 };
  const rewound = after(
    ...CHECKPOINT,
    ...COMPLETED,
    batch(EVEN_SUM, FAST, 4),
    batch(SLOW, undefined, 12),
    CRASHED,
    again,
  );
  assert.equal(rewound.phase, "running");
  assert.deepEqual([rewound.sources.fast.read, rewound.sources.slow.read], [1, 1]);
  assert.deepEqual(rewound.sums, { even: 12, odd: 0 });
  assert.deepEqual(rewound.lanes["slow>even"].items, []);
  assert.deepEqual(rewound.sinks.even.committed, [10, 12]);
  assert.deepEqual(rewound.readBefore, { fast: 2, slow: 2 });
});

test("apply: a crash before the first complete checkpoint goes back to the beginning", () => {
  const again: TraceEvent = { kind: "attempt-started", generation: 2, restoredFrom: undefined };
  const rewound = after(...CHECKPOINT, CRASHED, again);
  assert.deepEqual([rewound.sources.fast.read, rewound.sums.even, rewound.sinks.even.sealed], [0, 0, []]);
});

const before = (kind: TraceEvent["kind"]): readonly TraceEvent[] =>
  CHECKPOINT.slice(
    0,
    CHECKPOINT.findIndex((event) => event.kind === kind),
  );

const CONTRADICTIONS: Readonly<Record<string, readonly [readonly TraceEvent[], RegExp]>> = {
  "a bead that is not the next one": [
    [STARTED, batch(FAST, undefined, 2, 4), batch(EVEN_SUM, FAST, 4)],
    /took 4 from channel fast>even, where bead 2 is next/,
  ],
  "a bead that overtakes a barrier": [[...CHECKPOINT.slice(0, 11), batch(EVEN_SUM, FAST, 4)], /where bead 2 is next/],
  "a bead out of a blocked channel": [
    [
      ...before("channel-blocked"),
      script.blocked(EVEN_SUM, SLOW),
      batch(SLOW, undefined, 12),
      batch(EVEN_SUM, SLOW, 12),
    ],
    /which is blocked/,
  ],
  "a bead from behind the barrier, though nobody said the channel is blocked": [
    [...before("channel-blocked"), batch(SLOW, undefined, 12), batch(EVEN_SUM, SLOW, 12)],
    /from behind barrier 1 before its snapshot/,
  ],
  "a barrier that is not the next thing": [
    [...CHECKPOINT.slice(0, 10), received(EVEN_SUM, SLOW)],
    /where bead 10 is next/,
  ],
  "a snapshot without all barriers": [
    [...before("channel-blocked"), ...script.cut(EVEN_SUM)],
    /without the barrier of channel fast>even/,
  ],
  "a total that the beads do not give": [
    [STARTED, batch(FAST, undefined, 2), batch(EVEN_SUM, FAST, 2), batch(script.EVEN_SINK, EVEN_SUM, 3)],
    /took 3 .* where bead 2 is next/,
  ],
  "a source that leaves a bead out": [[STARTED, batch(FAST, undefined, 4)], /read 4 where 2 was next/],
  "a source that ends early": [[STARTED, { kind: "ended", at: FAST }], /ended after 0 of 4 beads/],
  "an acknowledgement without a snapshot": [
    [STARTED, script.TRIGGERED, script.acknowledged(FAST)],
    /without a snapshot/,
  ],
  "a manifest before everybody has acknowledged": [
    [...CHECKPOINT, ...COMPLETED.slice(0, 5), COMPLETED[6]!],
    /before sink\(odd\) acknowledged/,
  ],
  "a completion that the head does not name": [
    [...CHECKPOINT, ...COMPLETED.slice(0, 7), COMPLETED[8]!],
    /head does not name/,
  ],
  "a commit before the checkpoint is complete": [[...CHECKPOINT, COMPLETED.at(-1)!], /it is not complete/],
  "a restart from something else than the newest checkpoint": [
    [...CHECKPOINT, ...COMPLETED, CRASHED, { kind: "attempt-started", generation: 2, restoredFrom: undefined }],
    /began from checkpoint none, and the newest is 1/,
  ],
  "a subtask that is no part of the picture": [
    [batch({ stage: "map", subtask: 0 }, undefined, 2)],
    /no part of the picture/,
  ],
};

for (const [name, [events, message]] of Object.entries(CONTRADICTIONS)) {
  test(`apply: notices ${name}`, () => {
    assert.throws(() => after(...events), message);
    assert.doesNotThrow(() => after(...events.slice(0, name.includes("without all") ? -3 : -1)));
  });
}

test("apply: what cannot be is a BrokenTrace", () => {
  assert.throws(() => after(STARTED, batch(FAST, undefined, 4)), BrokenTrace);
});
