import assert from "node:assert/strict";
import { test } from "node:test";

import { runScenario } from "@tidemark/core/testing";

import { levelScenarios } from "./scenarios.ts";

for (const scenario of levelScenarios) {
  test(`${scenario.name}: a seed is the same run every time, and right`, async () => {
    const one = await runScenario(scenario, 1);
    const other = await runScenario(scenario, 1);
    assert.deepEqual(one.violations, [], one.tail.join("\n"));
    assert.equal(one.traceHash, other.traceHash);
  });

  test(`${scenario.name}: goes on after each of a few power cuts`, async () => {
    const { effects } = await runScenario(scenario, 1);
    for (const part of [0.1, 0.35, 0.6, 0.85]) {
      const at = Math.floor(effects.length * part);
      const report = await runScenario(scenario, 1, [
        { at, form: "after", power: true },
        { at: 6, form: "before", power: true },
      ]);
      assert.deepEqual(report.violations, [], report.tail.join("\n"));
      assert.equal(report.lives, 3);
    }
  });
}
