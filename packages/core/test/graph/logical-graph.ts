import type { AnySink } from "../../src/connect/sink.ts";
import type { AnySource } from "../../src/connect/source.ts";
import type { EventTimeSpec, LogicalEdge, LogicalGraph, LogicalNode, Partitioning } from "../../src/graph/logical.ts";
import type { Plan } from "../../src/graph/plan.ts";
import { planGraph, type PlanOptions } from "../../src/graph/planner.ts";
import type { OperatorFactory } from "../../src/operators/operator.ts";

const notRun = (): never => {
  throw new Error("a plan runs nothing");
};

const SOURCE: AnySource<unknown> = {
  name: "numbers",
  replayable: true,
  bounded: true,
  hasOneSplit: true,
  createEnumerator: notRun,
  createReader: notRun,
};

const SINK: AnySink<unknown> = { name: "nowhere", delivery: "exactly-once", createWriter: notRun };

const create: OperatorFactory = notRun;

export const forward: Partitioning = { kind: "forward" };
export const hash: Partitioning = { kind: "hash", keyOf: () => "key" };
export const rebalance: Partitioning = { kind: "rebalance" };
export const broadcast: Partitioning = { kind: "broadcast" };

/** An edge that leaves `from`. */
export function edge(from: LogicalNode, partitioning: Partitioning = forward, side?: string, input = 0): LogicalEdge {
  return { from, side, input, partitioning };
}

export function source(id: string, parallelism?: number, eventTime?: EventTimeSpec, bounded = true): LogicalNode {
  const work = { kind: "source" as const, source: { ...SOURCE, bounded }, eventTime, deadLetters: undefined };
  return { id, label: "source numbers", work, parallelism, inputs: [] };
}

/** A step without state. */
export function step(id: string, inputs: readonly LogicalEdge[], parallelism?: number): LogicalNode {
  return { id, label: "map", work: { kind: "operator", create, keyed: false, stateful: false }, parallelism, inputs };
}

/** A step with keyed state. */
export function keyed(id: string, inputs: readonly LogicalEdge[], parallelism?: number): LogicalNode {
  return { id, label: "reduce", work: { kind: "operator", create, keyed: true, stateful: true }, parallelism, inputs };
}

export function sink(id: string, inputs: readonly LogicalEdge[], parallelism?: number): LogicalNode {
  return { id, label: "sink nowhere", work: { kind: "sink", sink: SINK, create }, parallelism, inputs };
}

export function graphOf(...nodes: readonly LogicalNode[]): LogicalGraph {
  return { name: "job", nodes };
}

export function planOf(nodes: readonly LogicalNode[], options: Partial<PlanOptions> = {}): Plan {
  return planGraph(graphOf(...nodes), { parallelism: 1, keyGroups: 128, fuse: true, ...options });
}

/** A plan in short: stages as `a > b x2`, edges as `a -> b hash`. */
export function shown(plan: Plan): { readonly stages: readonly string[]; readonly edges: readonly string[] } {
  return {
    stages: plan.stages.map(({ name, parallelism }) => `${name} x${parallelism}`),
    edges: plan.edges.map(({ fromNode, toNode, side, input, partitioning }) => {
      const more = `${side === undefined ? "" : ` side ${side}`}${input === 0 ? "" : ` input ${input}`}`;
      return `${fromNode} -> ${toNode} ${partitioning.kind}${more}`;
    }),
  };
}
