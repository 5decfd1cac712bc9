// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, explore } from "./explore.ts";
import { type SinkBounds, type SinkFlaw, sinkModel } from "./sink-model.ts";
import { isWide } from "./wide.ts";

const BOUNDS: readonly SinkBounds[] = isWide
  ? [
      { records: 3, starts: 3, aborts: 1, losses: 1, timeouts: false },
      { records: 2, starts: 3, aborts: 1, losses: 1, timeouts: true },
    ]
  : [
      { records: 2, starts: 2, aborts: 1, losses: 1, timeouts: false },
      { records: 2, starts: 2, aborts: 1, losses: 1, timeouts: true },
    ];

for (const bounds of BOUNDS) {
  const { records, starts, timeouts } = bounds;
  const drops = timeouts ? ", and the sink may drop a transaction" : "";
  test(`sink: ${records} records, ${starts} starts${drops}: what is visible is what complete checkpoints hold, once`, (context) => {
    const exploration = explore(sinkModel(bounds));
    context.diagnostic(describe(exploration));
    assert.equal(exploration.violation, undefined, describe(exploration));
    const expected = ["abort", "fence", "lose-answer", "finish", ...(timeouts ? ["time-out", "refused"] : [])];
    for (const action of expected) assert.ok(exploration.actions.has(action), `"${action}" never happened`);
  });
}

const FLAWS: Readonly<Record<SinkFlaw, RegExp>> = {
  "commit-not-idempotent": /row 0 is there twice/,
  "no-commit-on-restore": /the job is over, and 0 of 2 rows are there/,
  "commit-before-head": /row 0 is there, and the checkpoint ends before 0/,
  "clear-what-is-named": /a transaction that was named is gone/,
  "names-without-generation": /row 0 is there twice/,
  "abort-forgets": /the job is over, and 0 of 2 rows are there/,
  "no-rewind": /the job is over, and 0 of 2 rows are there/,
  "gone-is-fine": /the job is over, and 0 of 2 rows are there/,
};

for (const [flaw, breach] of Object.entries(FLAWS)) {
  test(`sink: the exploration finds "${flaw}"`, (context) => {
    const bounds: SinkBounds = { records: 2, starts: 2, aborts: 1, losses: 1, timeouts: flaw === "gone-is-fine" };
    const exploration = explore(sinkModel(bounds, flaw as SinkFlaw));
    context.diagnostic(describe(exploration));
    assert.match(exploration.violation?.breach ?? "nothing was found", breach);
  });
}
