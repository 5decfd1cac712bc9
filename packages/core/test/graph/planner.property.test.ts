import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LogicalNode, Partitioning } from "../../src/graph/logical.ts";
import { check } from "../bytes/property.ts";
import { broadcast, edge, forward, hash, planOf, rebalance, sink, source, step } from "./logical-graph.ts";

/** Any graph without cycles: each node reads some of those before it. */
const nodes = fc
  .array(
    fc.record({
      reads: fc.array(
        fc.record({
          back: fc.nat(20),
          how: fc.constantFrom(forward, hash, rebalance, broadcast),
          side: fc.option(fc.constant("s")),
        }),
        {
          maxLength: 3,
        },
      ),
      parallelism: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) => {
    const made: LogicalNode[] = [];
    for (const [index, { reads, parallelism }] of drafts.entries()) {
      const inputs = reads.flatMap(({ back, how, side }) => {
        const from = made[made.length - 1 - (back % Math.max(1, made.length))];
        return from === undefined ? [] : [edge(from, how as Partitioning, side ?? undefined)];
      });
      made.push(inputs.length === 0 ? source(`n${index}`, parallelism) : step(`n${index}`, inputs, parallelism));
    }
    const [first] = made;
    return first === undefined ? made : [...made, sink("end", [edge(first)])];
  });

describe("planGraph, of any graph", () => {
  it("puts every node into one stage and every edge once: as a call to a later node of its stage, or between stages", () => {
    check(
      fc.property(nodes, fc.integer({ min: 1, max: 3 }), fc.boolean(), (nodes, parallelism, fuse) => {
        const plan = planOf(nodes, { parallelism, fuse });
        const placed = plan.stages.flatMap((stage) => stage.nodes.map(({ node }) => node));
        assert.deepEqual(placed.map(({ id }) => id).toSorted(), nodes.map(({ id }) => id).toSorted());
        let edges = 0;
        for (const stage of plan.stages) {
          for (const [index, { node, fused, edges: leaving }] of stage.nodes.entries()) {
            assert.equal(node.parallelism ?? parallelism, stage.parallelism);
            assert.ok(index === 0 || node.inputs.length === 1, "only the first node of a stage has several inputs");
            for (const call of fused) {
              assert.ok(call.to > index, "a call goes to a node that comes later");
              assert.deepEqual(
                stage.nodes[call.to]?.node.inputs.map(({ from, side }) => [from.id, side]),
                [[node.id, call.side]],
              );
            }
            edges += fused.length + leaving.length;
          }
          for (const { toNode } of stage.inputs) {
            assert.equal(toNode, stage.nodes[0]?.node.id, "a stage is entered at its first node");
          }
        }
        assert.equal(
          edges,
          nodes.reduce((sum, { inputs }) => sum + inputs.length, 0),
        );
        for (const [index, { fromStage, toStage, partitioning }] of plan.edges.entries()) {
          assert.equal(plan.edges[index]?.index, index);
          const equal = plan.stages[fromStage]?.parallelism === plan.stages[toStage]?.parallelism;
          assert.ok(equal || partitioning.kind !== "forward", "forward joins subtasks of the same number");
        }
      }),
    );
  });
});
