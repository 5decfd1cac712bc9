// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import { type CoordinatorBounds, type CoordinatorFlaw, coordinatorModel } from "./coordinator-model.ts";
import { describe, explore } from "./explore.ts";
import { isWide } from "./wide.ts";

/** Two processes; a lost answer each, or a third start. */
const BOUNDS: readonly CoordinatorBounds[] = isWide
  ? [{ processes: 2, starts: 3, checkpoints: 2, losses: 1 }]
  : [
      { processes: 2, starts: 2, checkpoints: 2, losses: 1 },
      { processes: 2, starts: 3, checkpoints: 2, losses: 0 },
    ];

for (const bounds of BOUNDS) {
  const { processes, starts, checkpoints, losses } = bounds;
  const words = `${processes} processes, ${starts} starts, ${checkpoints} checkpoints, ${losses} lost answers`;
  test(`coordinators: ${words}: nothing is completed twice, lost or settled by one who was overtaken`, (context) => {
    const exploration = explore(coordinatorModel(bounds));
    context.diagnostic(describe(exploration));
    assert.equal(exploration.violation, undefined, describe(exploration));
    for (const action of ["crash", "read-other", "refuse-head", "read-own", "delete"]) {
      const happens = exploration.actions.has(action) || (action === "read-own" && losses === 0);
      assert.ok(happens, `"${action}" never happened`);
    }
  });
}

const FLAWS: Readonly<Record<CoordinatorFlaw, RegExp>> = {
  "no-owner-in-head": /generation 1 has two owners/,
  "ids-not-reserved": /both drew 1|ids grow/,
  "unknown-means-no": /its manifest is gone/,
  "unknown-means-yes": /has two owners|manifest/,
  "commit-before-head": /committed 1, which it neither restored nor completed/,
  "delete-newer": /its manifest is gone/,
  "delete-before-head": /its manifest is gone/,
  "blind-write": /generation 1 has two owners/,
};

for (const [flaw, breach] of Object.entries(FLAWS)) {
  test(`coordinators: the exploration finds "${flaw}"`, (context) => {
    const bounds: CoordinatorBounds = { processes: 2, starts: 2, checkpoints: 2, losses: 1 };
    const exploration = explore(coordinatorModel(bounds, flaw as CoordinatorFlaw));
    context.diagnostic(describe(exploration));
    assert.match(exploration.violation?.breach ?? "nothing was found", breach);
  });
}
