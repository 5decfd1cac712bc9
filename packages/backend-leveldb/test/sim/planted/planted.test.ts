// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

// @boundaries-ignore one way of planting bugs serves the tests of all packages, and is part of none
import { huntPlanted } from "../../../../core/test/sim/planted/plant.ts";
import { bugs } from "./bugs.ts";

for (const bug of bugs) {
  test(`the sweep turns red when ${bug.name}`, async (context) => {
    const result = await huntPlanted(bug, "packages/backend-leveldb/test/sim/hunt.ts");
    assert.ok(result.found, `not found in ${result.runs} runs`);
    context.diagnostic(`found in run ${result.runs}: ${result.found.replay}`);
    context.diagnostic(result.found.violations.slice(0, 2).join("; "));
  });
}
