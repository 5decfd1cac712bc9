import assert from "node:assert/strict";
import { test } from "node:test";

import { runScenario } from "@tidemark/core/testing";

import { memoryScenarios } from "./scenarios.ts";

for (const scenario of memoryScenarios) {
  test(`${scenario.name}: a seed is the same run every time, and right`, async () => {
    const one = await runScenario(scenario, 1);
    const other = await runScenario(scenario, 1);
    assert.deepEqual(one.violations, [], one.tail.join("\n"));
    assert.equal(one.traceHash, other.traceHash);
    assert.notEqual((await runScenario(scenario, 2)).traceHash, one.traceHash);
  });

  test(`${scenario.name}: goes on after each of a few crashes`, async () => {
    const { effects } = await runScenario(scenario, 1);
    for (const part of [0.1, 0.35, 0.6, 0.85]) {
      const at = Math.floor(effects.length * part);
      const report = await runScenario(scenario, 1, [
        { at, form: "after" },
        { at: 4, form: "before" },
      ]);
      assert.deepEqual(report.violations, [], report.tail.join("\n"));
      assert.equal(report.lives, 3);
    }
  });
}
