import type { DeclaredShape } from "../state/declared-shape.ts";
import type { LogicalNode } from "./logical.ts";
import type { Plan, PlanEdge, Stage } from "./plan.ts";

/** A plan as text: one block a stage, with its inputs, its operators and what each keeps. */
export function explainPlan(plan: Plan): string {
  const stages = plan.stages.length === 1 ? "1 stage" : `${plan.stages.length} stages`;
  const lines = [`pipeline ${plan.name}: ${stages}, ${plan.keyGroups} key groups`];
  for (const stage of plan.stages) {
    lines.push(`stage ${stage.index} × ${stage.parallelism}`);
    for (const edge of stage.inputs) lines.push(`  from ${originOf(edge, plan)}`);
    for (const { node } of stage.nodes) lines.push(`  ${node.id}: ${describe(node)}`);
  }
  return lines.join("\n");
}

function originOf(edge: PlanEdge, plan: Plan): string {
  const stage = plan.stages[edge.fromStage] as Stage;
  const side = edge.side === undefined ? "" : ` (side output "${edge.side}")`;
  const target = edge.input === 0 ? "" : `, input ${edge.input}`;
  return `stage ${stage.index}, ${edge.fromNode}${side} by ${edge.partitioning.kind}${target}`;
}

function describe(node: LogicalNode): string {
  const { work } = node;
  switch (work.kind) {
    case "source":
      return `${node.label}, ${work.source.replayable ? "replayable" : "cannot be replayed"}, ${work.source.bounded ? "bounded" : "unbounded"}, ${timeOf(node)}`;
    case "sink":
      return `${node.label}, ${work.sink.delivery}`;
    case "operator":
      return `${node.label}${work.stateful ? `, keyed state${expiryOf(work.states ?? [])}` : ""}${(work.operatorStates ?? []).length > 0 ? ", operator state" : ""}${work.timing === undefined ? "" : `, may depend on timing (${work.timing})`}`;
  }
}

function expiryOf(states: readonly DeclaredShape[]): string {
  const names = states.filter(({ expires }) => expires).map(({ name }) => name);
  return names.length === 0 ? "" : `, ${names.join(" and ")} by processing time (depends on timing)`;
}

function timeOf(node: LogicalNode): string {
  if (node.work.kind !== "source" || node.work.eventTime === undefined) return "no event time";
  const { outOfOrderMs, idleAfterMs, punctuation, alignment } = node.work.eventTime;
  const aligned =
    alignment === undefined ? "" : `, at most ${alignment.maxDriftMs} ms ahead of group ${alignment.group}`;
  const idle = idleAfterMs === undefined ? "" : `, idle after ${idleAfterMs} ms (depends on timing)`;
  if (punctuation === "none") return `event time, no watermarks before the end${idle}${aligned}`;
  const bound = punctuation === undefined ? `up to ${outOfOrderMs} ms out of order` : "watermarks from the records";
  return `event time, ${bound}${idle}${aligned}`;
}
