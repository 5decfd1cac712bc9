import { assert } from "../assert.ts";
import { type LogicalEdge, type LogicalGraph, type LogicalNode, type Partitioning, setsAside } from "./logical.ts";
import type { FusedEdge, Plan, PlanEdge, PlanNode, Stage } from "./plan.ts";
import { checkParallelism, validateGraph } from "./validate.ts";

/** What a plan depends on besides the graph. */
export interface PlanOptions {
  /** The parallelism of steps that name none. */
  readonly parallelism: number;
  readonly keyGroups: number;
  /** Whether nobody asked for that number. Default: false. */
  readonly keyGroupsDerived?: boolean;
  /** Whether operators without a shuffle between them share a subtask. Off, every operator is a stage of its own. */
  readonly fuse: boolean;
}

/**
 * Turns a graph into what is run. Pure: the same graph and options give the same plan.
 *
 * @throws {ConfigurationError} if the graph cannot be run as written; see {@link validateGraph}.
 */
export function planGraph(graph: LogicalGraph, options: PlanOptions): Plan {
  validateGraph(graph);
  const parallelismOf = (node: LogicalNode): number => node.parallelism ?? options.parallelism;
  for (const node of graph.nodes) checkParallelism(`"${node.id}"`, parallelismOf(node), options.keyGroups);

  const drafts = draftStages(graph, (edge, to) => options.fuse && canFuse(edge, to, parallelismOf));
  const placeOf = new Map<LogicalNode, { readonly stage: number; readonly index: number }>();
  drafts.forEach((nodes, stage) => nodes.forEach((node, index) => placeOf.set(node, { stage, index })));
  const stageOf = (node: LogicalNode): number => placeOf.get(node)?.stage ?? -1;

  const edges: PlanEdge[] = [];
  const fused = new Map<LogicalNode, FusedEdge[]>();
  for (const node of graph.nodes) {
    for (const [at, edge] of node.inputs.entries()) {
      if (stageOf(edge.from) === stageOf(node)) {
        const list = fused.get(edge.from) ?? [];
        list.push({ side: edge.side, to: placeOf.get(node)?.index ?? -1, input: edge.input });
        fused.set(edge.from, list);
      } else {
        edges.push({
          index: edges.length,
          fromStage: stageOf(edge.from),
          fromNode: edge.from.id,
          side: edge.side,
          toStage: stageOf(node),
          toNode: node.id,
          ...(setsAside(node) ? { takesKeyless: true } : {}),
          input: edge.input,
          nth: node.inputs.slice(0, at).filter((other) => isBeside(other, edge)).length,
          partitioning: settle(edge.partitioning, parallelismOf(edge.from), parallelismOf(node)),
        });
      }
    }
  }

  const stages = drafts.map((nodes, index): Stage => {
    const planNodes = nodes.map((node): PlanNode => {
      const leaving = edges.filter((edge) => edge.fromNode === node.id);
      return { node, fused: fused.get(node) ?? [], edges: leaving };
    });
    return {
      index,
      name: nodes.map((node) => node.id).join(" > "),
      parallelism: parallelismOf(nodes[0] as LogicalNode),
      nodes: planNodes,
      inputs: edges.filter((edge) => edge.toStage === index),
      outputs: edges.filter((edge) => edge.fromStage === index),
    };
  });
  const { keyGroups, keyGroupsDerived } = options;
  return { name: graph.name, keyGroups, ...(keyGroupsDerived === true ? { keyGroupsDerived } : {}), stages, edges };
}

/** Groups the nodes: each one joins the stage of the node that feeds it, or begins one. */
function draftStages(
  graph: LogicalGraph,
  fuses: (edge: LogicalEdge, to: LogicalNode) => boolean,
): readonly (readonly LogicalNode[])[] {
  const stages: LogicalNode[][] = [];
  const stageOf = new Map<LogicalNode, LogicalNode[]>();
  for (const node of inTopologicalOrder(graph)) {
    const [only, ...others] = node.inputs;
    const joins = only !== undefined && others.length === 0 && fuses(only, node);
    let stage = joins ? stageOf.get(only.from) : undefined;
    if (stage === undefined) {
      stage = [];
      stages.push(stage);
    }
    stage.push(node);
    stageOf.set(node, stage);
  }
  return stages;
}

function inTopologicalOrder(graph: LogicalGraph): readonly LogicalNode[] {
  const order: LogicalNode[] = [];
  const placed = new Set<LogicalNode>();
  const place = (node: LogicalNode): void => {
    if (placed.has(node)) return;
    placed.add(node);
    for (const edge of node.inputs) place(edge.from);
    order.push(node);
  };
  for (const node of graph.nodes) place(node);
  assert(order.length === graph.nodes.length, "a node was left out of the plan");
  return order;
}

/** With one subtask on both sides there is nothing to shuffle, however the edge is partitioned. */
function canFuse(edge: LogicalEdge, to: LogicalNode, parallelismOf: (node: LogicalNode) => number): boolean {
  const from = parallelismOf(edge.from);
  if (from !== parallelismOf(to)) return false;
  return edge.partitioning.kind === "forward" || from === 1;
}

/** A forward edge between stages of different parallelism deals its records out evenly. */
function settle(partitioning: Partitioning, from: number, to: number): Partitioning {
  return partitioning.kind === "forward" && from !== to ? { kind: "rebalance" } : partitioning;
}

/** Whether two edges lead from the same output into the same input. */
function isBeside(one: LogicalEdge, other: LogicalEdge): boolean {
  return one.from === other.from && one.side === other.side && one.input === other.input;
}
