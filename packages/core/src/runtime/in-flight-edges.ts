import { crc32c } from "../bytes/crc32.ts";
import { ByteWriter } from "../bytes/writer.ts";
import type { EdgeName, InFlightState } from "../checkpoint/in-flight.ts";
import type { Plan, PlanEdge } from "../graph/plan.ts";

/** A number that is the same for the same steps and edges, at any parallelism. */
export function shapeOf(plan: Plan): number {
  const lines = plan.stages.flatMap((stage) =>
    stage.nodes.flatMap(({ node }) => [
      JSON.stringify([node.id, node.work.kind]),
      ...node.inputs.map(({ from, side, input, partitioning }) =>
        JSON.stringify([from.id, side ?? null, node.id, input, partitioning.kind]),
      ),
    ]),
  );
  const writer = new ByteWriter();
  for (const line of lines.toSorted()) writer.string(line);
  return crc32c(writer.finish());
}

/** The edges of a plan that records can be in flight on, with the subtasks at their ends. */
export function inFlightEdges(plan: Plan): InFlightState["edges"] {
  return plan.edges.map((edge) => ({
    ...edgeNameOf(edge),
    writers: plan.stages[edge.fromStage]?.parallelism ?? 0,
    readers: plan.stages[edge.toStage]?.parallelism ?? 0,
  }));
}

/** How a checkpoint names an edge. */
export function edgeNameOf({ fromNode, side, toNode, input, nth }: PlanEdge): EdgeName {
  return { from: fromNode, side, to: toNode, input, nth };
}
