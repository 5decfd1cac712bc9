import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainPlan } from "../../src/graph/explain.ts";
import type { EventTimeSpec } from "../../src/graph/logical.ts";
import type { Plan } from "../../src/graph/plan.ts";
import { regionsOf, sinkIdsOf } from "../../src/graph/regions.ts";
import { edge, forward, hash, keyed, planOf, sink, source, step } from "./logical-graph.ts";

function shown(plan: Plan): readonly string[] {
  return regionsOf(plan).map(({ index, stages }) => `${index}: ${stages.map(({ name }) => name).join(", ")}`);
}

function aligned(group: string): EventTimeSpec {
  return { timestampOf: () => 0, outOfOrderMs: 0, idleAfterMs: undefined, alignment: { group, maxDriftMs: 1 } };
}

/** source -> reduce -> sink, of two stages at parallelism 2. */
function chain(name: string, eventTime?: EventTimeSpec) {
  const a = source(`${name}-in`, 2, eventTime);
  const b = keyed(`${name}-count`, [edge(a, hash)], 2);
  const c = sink(`${name}-out`, [edge(b)], 2);
  return [a, b, c] as const;
}

describe("regionsOf (RST-05)", () => {
  it("parts pipelines that share no channel, in the order of their first stages", () => {
    const plan = planOf([...chain("one"), ...chain("other")]);
    assert.deepEqual(shown(plan), ["0: one-in, one-count > one-out", "1: other-in, other-count > other-out"]);
    assert.deepEqual(
      regionsOf(plan).map((region) => [...sinkIdsOf(region)]),
      [["one-out"], ["other-out"]],
    );
  });

  it("joins what a shuffle, a side output or a union joins", () => {
    const [one, other] = [chain("one"), chain("other")];
    const both = step("both", [edge(one[1], forward, "late"), edge(other[1], forward, undefined, 1)]);
    assert.equal(regionsOf(planOf([...one, ...other, both, sink("out", [edge(both)])])).length, 1);
  });

  it("joins sources of one alignment group, whose readers wait for each other", () => {
    const nodes = [...chain("one", aligned("g")), ...chain("two", aligned("h")), ...chain("three", aligned("g"))];
    assert.deepEqual(shown(planOf(nodes)), [
      "0: one-in, one-count > one-out, three-in, three-count > three-out",
      "1: two-in, two-count > two-out",
    ]);
  });

  it("holds each stage once, in the order of the plan", () => {
    const plan = planOf([...chain("one"), ...chain("other")], { fuse: false });
    const indexes = regionsOf(plan).flatMap(({ stages }) => stages.map(({ index }) => index));
    assert.deepEqual(indexes, [0, 1, 2, 3, 4, 5]);
  });
});

describe("explainPlan, of regions", () => {
  it("says which stages restart together, where not all do", () => {
    const lines = explainPlan(planOf([...chain("one"), ...chain("other")]), "exactly-once").split("\n");
    assert.deepEqual(lines.slice(-3), [
      "restart apart: stages 0, 1",
      "restart apart: stages 2, 3",
      "no step is known to depend on timing",
    ]);
    assert.doesNotMatch(explainPlan(planOf(chain("one")), "exactly-once"), /restart/);
  });
});
