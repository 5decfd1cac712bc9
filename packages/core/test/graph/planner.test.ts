import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sourceStages } from "../../src/graph/plan.ts";
import {
  broadcast,
  edge,
  forward,
  hash,
  keyed,
  planOf,
  rebalance,
  shown,
  sink,
  source,
  step,
} from "./logical-graph.ts";

/** source -> map -> reduce -> sink. */
function chain(parallelism: readonly (number | undefined)[] = []) {
  const a = source("a", parallelism[0]);
  const b = step("b", [edge(a)], parallelism[1]);
  const c = keyed("c", [edge(b, hash)], parallelism[2]);
  const d = sink("d", [edge(c)], parallelism[3]);
  return [a, b, c, d] as const;
}

describe("planGraph, of what shares a subtask", () => {
  it("fuses everything at parallelism 1, shuffles included", () => {
    assert.deepEqual(shown(planOf(chain())), { stages: ["a > b > c > d x1"], edges: [] });
  });

  it("fuses up to each shuffle at a higher parallelism", () => {
    assert.deepEqual(shown(planOf(chain(), { parallelism: 4 })), {
      stages: ["a > b x4", "c > d x4"],
      edges: ["b -> c hash"],
    });
  });

  it("fuses nothing when told so, and keeps how records are dealt out", () => {
    assert.deepEqual(shown(planOf(chain(), { fuse: false })), {
      stages: ["a x1", "b x1", "c x1", "d x1"],
      edges: ["a -> b forward", "b -> c hash", "c -> d forward"],
    });
  });

  for (const [partitioning, kind] of [
    [rebalance, "rebalance"],
    [broadcast, "broadcast"],
  ] as const) {
    it(`fuses ${kind} between single subtasks alone`, () => {
      const a = source("a");
      const b = step("b", [edge(a, partitioning)]);
      const c = sink("c", [edge(b)]);
      assert.deepEqual(shown(planOf([a, b, c])).stages, ["a > b > c x1"]);
      assert.deepEqual(shown(planOf([a, b, c], { parallelism: 2 })), {
        stages: ["a x2", "b > c x2"],
        edges: [`a -> b ${kind}`],
      });
    });
  }

  it("names the fused calls by their place in the stage", () => {
    const [stage] = planOf(chain()).stages;
    assert.deepEqual(
      stage?.nodes.map(({ fused }) => fused),
      [
        [{ side: undefined, to: 1, input: 0 }],
        [{ side: undefined, to: 2, input: 0 }],
        [{ side: undefined, to: 3, input: 0 }],
        [],
      ],
    );
  });
});

describe("planGraph, of unequal parallelism", () => {
  it("turns forward into rebalance, and leaves other partitioning as it is", () => {
    assert.deepEqual(shown(planOf(chain([1, 3, 2, 1]))), {
      stages: ["a x1", "b x3", "c x2", "d x1"],
      edges: ["a -> b rebalance", "b -> c hash", "c -> d rebalance"],
    });
  });

  it("lets a step's own parallelism win over that of the job", () => {
    assert.deepEqual(shown(planOf(chain([undefined, undefined, 2, undefined]), { parallelism: 4 })), {
      stages: ["a > b x4", "c x2", "d x4"],
      edges: ["b -> c hash", "c -> d rebalance"],
    });
  });

  it("keeps forward between stages of the same parallelism that cannot fuse", () => {
    const a = source("a", 2);
    const b = source("b", 2);
    const c = step("c", [edge(a), edge(b)], 2);
    assert.deepEqual(shown(planOf([a, b, c, sink("d", [edge(c)], 2)])), {
      stages: ["a x2", "b x2", "c > d x2"],
      edges: ["a -> c forward", "b -> c forward"],
    });
  });
});

describe("planGraph, of shapes", () => {
  it("begins a stage at a union, which has several inputs", () => {
    const a = source("a");
    const b = source("b");
    const c = step("c", [edge(a), edge(b)]);
    const plan = planOf([a, b, c, sink("d", [edge(c)])]);
    assert.deepEqual(shown(plan), {
      stages: ["a x1", "b x1", "c > d x1"],
      edges: ["a -> c forward", "b -> c forward"],
    });
    assert.deepEqual(plan.stages[2]?.inputs, plan.edges);
    assert.deepEqual(
      sourceStages(plan).map(({ name }) => name),
      ["a", "b"],
    );
  });

  it("keeps both edges of a stream that is united with itself", () => {
    const a = source("a");
    const b = sink("b", [edge(a), edge(a)]);
    assert.deepEqual(shown(planOf([a, b])), { stages: ["a x1", "b x1"], edges: ["a -> b forward", "a -> b forward"] });
  });

  it("tells the inputs of a step apart", () => {
    const a = source("a");
    const b = step("b", [edge(a, hash, undefined, 0), edge(a, broadcast, undefined, 1)]);
    assert.deepEqual(shown(planOf([a, b, sink("c", [edge(b)])], { parallelism: 2 })).edges, [
      "a -> b hash",
      "a -> b broadcast input 1",
    ]);
  });

  it("fuses a tree: each step calls all that follow it", () => {
    const a = source("a");
    const b = step("b", [edge(a)]);
    const c = step("c", [edge(b)]);
    const d = step("d", [edge(b)]);
    const [e, f, g] = [sink("e", [edge(c)]), sink("f", [edge(c)]), sink("g", [edge(d)])] as const;
    const plan = planOf([a, b, c, d, e, f, g]);
    assert.deepEqual(shown(plan).stages, ["a > b > c > d > e > f > g x1"]);
    assert.deepEqual(
      plan.stages[0]?.nodes.map(({ fused }) => fused.map(({ to }) => to)),
      [[1], [2, 3], [4, 5], [6], [], [], []],
    );
  });

  it("cuts a tree where a branch is shuffled, and gives the rest to the same step", () => {
    const a = source("a", 2);
    const b = step("b", [edge(a)], 2);
    const c = sink("c", [edge(b)], 2);
    const d = keyed("d", [edge(b, hash)], 2);
    const e = sink("e", [edge(d)], 2);
    const plan = planOf([a, b, c, d, e]);
    assert.deepEqual(shown(plan), { stages: ["a > b > c x2", "d > e x2"], edges: ["b -> d hash"] });
    const [, second] = plan.stages[0]?.nodes ?? [];
    assert.deepEqual(
      second?.fused.map(({ to }) => to),
      [2],
    );
    assert.deepEqual(second?.edges, plan.edges);
    assert.deepEqual(plan.stages[0]?.outputs, plan.edges);
  });

  it("joins a diamond at its end", () => {
    const a = source("a");
    const b = step("b", [edge(a)]);
    const c = step("c", [edge(a)]);
    const d = step("d", [edge(b), edge(c)]);
    assert.deepEqual(shown(planOf([a, b, c, d, sink("e", [edge(d)])])), {
      stages: ["a > b > c x1", "d > e x1"],
      edges: ["b -> d forward", "c -> d forward"],
    });
  });

  it("carries side outputs over fused calls and over edges", () => {
    const a = source("a");
    const b = keyed("b", [edge(a, hash)]);
    const c = sink("c", [edge(b)]);
    const d = sink("d", [edge(b, forward, "late")]);
    const fusedPlan = planOf([a, b, c, d]);
    assert.deepEqual(fusedPlan.stages[0]?.nodes[1]?.fused, [
      { side: undefined, to: 2, input: 0 },
      { side: "late", to: 3, input: 0 },
    ]);
    assert.deepEqual(shown(planOf([a, b, c, d], { fuse: false })).edges, [
      "a -> b hash",
      "b -> c forward",
      "b -> d forward side late",
    ]);
  });

  it("takes nodes in any order", () => {
    const [a, b, c, d] = chain();
    assert.deepEqual(shown(planOf([d, c, b, a])), { stages: ["a > b > c > d x1"], edges: [] });
  });

  it("is pure: the same graph gives the same plan", () => {
    const nodes = chain([1, 2, 3, 1]);
    assert.deepEqual(planOf(nodes), planOf(nodes));
  });
});
