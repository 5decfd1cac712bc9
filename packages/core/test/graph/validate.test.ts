import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogicalNode } from "../../src/graph/logical.ts";
import { validateGraph } from "../../src/graph/validate.ts";
import {
  broadcast,
  edge,
  forward,
  graphOf,
  hash,
  keyed,
  planOf,
  rebalance,
  sink,
  source,
  step,
} from "./logical-graph.ts";

const small = (): readonly LogicalNode[] => {
  const a = source("a");
  return [a, sink("b", [edge(a)])];
};

/** Closes a cycle, which the API cannot write down. */
function close(node: LogicalNode, from: LogicalNode): void {
  (node.inputs as unknown[]).push(edge(from));
}

describe("validateGraph", () => {
  it("takes the smallest graph", () => {
    validateGraph(graphOf(...small()));
  });

  for (const [name, nodes] of [
    ["nothing", []],
    ["a source alone", small().slice(0, 1)],
    ["a sink alone", [sink("b", [])]],
  ] as const) {
    it(`refuses ${name} with GRAPH_EMPTY`, () => {
      assert.throws(() => validateGraph(graphOf(...nodes)), {
        code: "GRAPH_EMPTY",
        message: /"job": it needs at least one source and one sink/,
      });
    });
  }

  for (const id of ["", "  ", undefined, 5]) {
    it(`refuses the id ${JSON.stringify(id)} with ID_MISSING (UID-01)`, () => {
      const [a] = small() as [LogicalNode];
      const nodes = [a, keyed(id as string, [edge(a, hash)]), sink("c", [edge(a)])];
      assert.throws(() => validateGraph(graphOf(...nodes)), { code: "ID_MISSING", message: /a reduce has no id/ });
    });
  }

  it("refuses an id that comes twice with ID_REPEATED (UID-01)", () => {
    const a = source("a");
    const nodes = [a, step("x", [edge(a)]), sink("x", [edge(a)])];
    assert.throws(() => validateGraph(graphOf(...nodes)), {
      code: "ID_REPEATED",
      message: /two steps have the id "x"/,
      details: { pipeline: "job", id: "x" },
    });
  });

  it("refuses a stream of another pipeline with GRAPH_FOREIGN_STREAM", () => {
    const [a] = small() as [LogicalNode];
    const foreign = source("theirs");
    const nodes = [a, sink("b", [edge(a), edge(foreign)])];
    assert.throws(() => validateGraph(graphOf(...nodes)), {
      code: "GRAPH_FOREIGN_STREAM",
      message: /"b" reads "theirs"/,
      details: { pipeline: "job", id: "b", input: "theirs" },
    });
  });

  it("refuses a step that feeds itself with GRAPH_CYCLE", () => {
    const a = source("a");
    const b = step("b", [edge(a)]);
    close(b, b);
    assert.throws(() => validateGraph(graphOf(a, b, sink("c", [edge(b)]))), {
      code: "GRAPH_CYCLE",
      message: /b reads b/,
      details: { pipeline: "job", cycle: ["b", "b"] },
    });
  });

  it("refuses a longer cycle with GRAPH_CYCLE, and names it", () => {
    const a = source("a");
    const b = step("b", [edge(a)]);
    const c = step("c", [edge(b)]);
    const d = step("d", [edge(c)]);
    close(b, d);
    assert.throws(() => validateGraph(graphOf(a, b, c, d, sink("e", [edge(d)]))), {
      code: "GRAPH_CYCLE",
      message: /b reads d reads c reads b\. /,
    });
  });

  it("takes a diamond for what it is: no cycle", () => {
    const a = source("a");
    const b = step("b", [edge(a)]);
    const c = step("c", [edge(a)]);
    validateGraph(graphOf(a, b, c, sink("d", [edge(b), edge(c)])));
  });

  it("takes a ladder of diamonds without walking every path", () => {
    const nodes: LogicalNode[] = [source("s")];
    for (let rung = 0; rung < 60; rung++) {
      const from = nodes.at(-1) as LogicalNode;
      const left = step(`l${rung}`, [edge(from)]);
      const right = step(`r${rung}`, [edge(from)]);
      nodes.push(left, right, step(`j${rung}`, [edge(left), edge(right)]));
    }
    validateGraph(graphOf(...nodes, sink("end", [edge(nodes.at(-1) as LogicalNode)])));
  });

  for (const [name, partitioning] of [
    ["forward", forward],
    ["rebalance", rebalance],
    ["broadcast", broadcast],
  ] as const) {
    it(`refuses a keyed operator behind a ${name} edge with KEY_MISSING`, () => {
      const a = source("a");
      const nodes = [a, keyed("k", [edge(a, hash), edge(a, partitioning)]), sink("c", [edge(a)])];
      assert.throws(() => validateGraph(graphOf(...nodes)), {
        code: "KEY_MISSING",
        message: /"k".*keyBy/,
        details: { id: "k" },
      });
    });
  }

  it("lets one input of a keyed operator be given to all of its subtasks, if another is dealt out by key", () => {
    const a = source("a");
    const inputs = [edge(a, hash), edge(a, broadcast, undefined, 1)];
    validateGraph(graphOf(a, keyed("k", inputs), sink("c", [edge(a)])));
    for (const kind of [broadcast, forward, rebalance]) {
      const refused = [edge(a, kind), edge(a, kind, undefined, 1)];
      assert.throws(() => validateGraph(graphOf(a, keyed("k", refused), sink("c", [edge(a)]))), {
        code: "KEY_MISSING",
      });
    }
  });

  it("refuses a keyed operator without inputs with KEY_MISSING", () => {
    assert.throws(() => validateGraph(graphOf(...small(), keyed("k", []))), { code: "KEY_MISSING" });
  });
});

describe("checkParallelism, through planGraph", () => {
  for (const parallelism of [0, -1, 1.5, Number.NaN, Infinity, 129]) {
    it(`refuses parallelism ${parallelism} of a job or of a step with PARALLELISM_INVALID`, () => {
      const a = source("a");
      assert.throws(() => planOf(small(), { parallelism }), { code: "PARALLELISM_INVALID" });
      assert.throws(() => planOf([a, sink("b", [edge(a)], parallelism)]), {
        code: "PARALLELISM_INVALID",
        message: new RegExp(`"b" at parallelism ${parallelism}`),
        details: { what: '"b"', parallelism, keyGroups: 128 },
      });
    });
  }

  for (const keyGroups of [0, 2.5, 32_769, Number.NaN]) {
    it(`refuses ${keyGroups} key groups with PARALLELISM_INVALID (RSC-02)`, () => {
      assert.throws(() => planOf(small(), { keyGroups }), { code: "PARALLELISM_INVALID", details: { keyGroups } });
    });
  }

  it("takes as many subtasks as there are key groups (RSC-02)", () => {
    assert.equal(planOf(small(), { parallelism: 7, keyGroups: 7 }).stages[0]?.parallelism, 7);
    assert.equal(planOf(small(), { parallelism: 32_768, keyGroups: 32_768 }).keyGroups, 32_768);
  });
});
