import type { AnySink } from "../connect/sink.ts";
import type { LogicalNode, Partitioning } from "./logical.ts";

/** A node in its stage. */
export interface PlanNode {
  readonly node: LogicalNode;
  /** Its outputs inside the stage: nodes that follow it without a shuffle. */
  readonly fused: readonly FusedEdge[];
  /** Its outputs that leave the stage. */
  readonly edges: readonly PlanEdge[];
}

/** A call from one operator to the next in the same subtask. */
export interface FusedEdge {
  readonly side: string | undefined;
  /** The place of the next node in its stage. */
  readonly to: number;
  readonly input: number;
}

/** A bundle of channels between two stages. */
export interface PlanEdge {
  readonly index: number;
  readonly fromStage: number;
  readonly fromNode: string;
  readonly side: string | undefined;
  readonly toStage: number;
  readonly toNode: string;
  /** Whether the next node sets records aside that have no key. Default: they fail the job. */
  readonly takesKeyless?: boolean;
  readonly input: number;
  /** Which one it is of several that lead from the same output into the same input, from 0. */
  readonly nth: number;
  readonly partitioning: Partitioning;
}

/** A run of operators without a shuffle between them; its subtasks run it side by side. */
export interface Stage {
  readonly index: number;
  /** The ids of its nodes, joined. */
  readonly name: string;
  readonly parallelism: number;
  /** In an order in which every node comes after the one that feeds it. The first one has the stage's inputs. */
  readonly nodes: readonly PlanNode[];
  readonly inputs: readonly PlanEdge[];
  readonly outputs: readonly PlanEdge[];
}

/** What is run: stages, how many subtasks each has, and the edges between them. */
export interface Plan {
  readonly name: string;
  readonly keyGroups: number;
  /** Set if nobody asked for that number: then a restore takes the one that the state has. */
  readonly keyGroupsDerived?: boolean;
  readonly stages: readonly Stage[];
  readonly edges: readonly PlanEdge[];
}

/** The stages that read a source. */
export function sourceStages(plan: Plan): readonly Stage[] {
  return plan.stages.filter((stage) => stage.nodes[0]?.node.work.kind === "source");
}

/** The sinks of a plan. */
export function sinksOf(plan: Plan): readonly { readonly id: string; readonly sink: AnySink<unknown> }[] {
  return plan.stages.flatMap((stage) =>
    stage.nodes.flatMap(({ node }) => (node.work.kind === "sink" ? [{ id: node.id, sink: node.work.sink }] : [])),
  );
}
