import { describeNode, timingOf } from "./describe-node.ts";
import type { Plan, PlanEdge, Stage } from "./plan.ts";
import { meetingsOf } from "./record-order.ts";
import { regionsOf } from "./regions.ts";

/**
 * A plan as text: one block a stage, with its inputs, its operators and what each keeps; then what restarts
 * apart, where not all restarts together; then what may depend on timing.
 *
 * @param guarantee what the pipeline promises.
 */
export function explainPlan(plan: Plan, guarantee: string): string {
  const stages = plan.stages.length === 1 ? "1 stage" : `${plan.stages.length} stages`;
  const lines = [`pipeline ${plan.name}: ${guarantee}, ${stages}, ${plan.keyGroups} key groups`];
  const timed: string[] = [];
  const meetings = meetingsOf(plan);
  for (const stage of plan.stages) {
    lines.push(`stage ${stage.index} × ${stage.parallelism}`);
    for (const edge of stage.inputs) lines.push(`  from ${originOf(edge, plan)}`);
    for (const { node } of stage.nodes) {
      lines.push(`  ${node.id}: ${describeNode(node)}`);
      const reasons = timingOf(node, meetings.get(node));
      if (reasons.length > 0) timed.push(`  ${node.id}: ${reasons.join(", ")}`);
    }
  }
  return [
    ...lines,
    ...regionLines(plan),
    timed.length === 0 ? "no step is known to depend on timing" : "may depend on timing",
    ...timed,
  ].join("\n");
}

function regionLines(plan: Plan): readonly string[] {
  const regions = regionsOf(plan);
  if (regions.length === 1) return [];
  return regions.map(({ stages }) => {
    const indexes = stages.map(({ index }) => index).join(", ");
    return `restart apart: ${stages.length === 1 ? "stage" : "stages"} ${indexes}`;
  });
}

function originOf(edge: PlanEdge, plan: Plan): string {
  const stage = plan.stages[edge.fromStage] as Stage;
  const side = edge.side === undefined ? "" : ` (side output "${edge.side}")`;
  const target = edge.input === 0 ? "" : `, input ${edge.input}`;
  return `stage ${stage.index}, ${edge.fromNode}${side} by ${edge.partitioning.kind}${target}`;
}
