import { describeNode, timingOf } from "./describe-node.ts";
import type { LogicalNode } from "./logical.ts";
import type { Plan } from "./plan.ts";
import { meetingsOf } from "./record-order.ts";

/** A plan as a Mermaid flowchart: a box a stage; what may depend on timing is drawn with dashes. */
export function mermaidPlan(plan: Plan, guarantee: string): string {
  const nodes = plan.stages.flatMap((stage) => stage.nodes.map(({ node }) => node));
  const meetings = meetingsOf(plan);
  const timingIn = (node: LogicalNode): readonly string[] => timingOf(node, meetings.get(node));
  const nameOf = (id: string): string => `n${nodes.findIndex((node) => node.id === id)}`;
  const lines = ["---", `title: ${JSON.stringify(`${plan.name}, ${guarantee}`)}`, "---", "flowchart LR"];
  for (const stage of plan.stages) {
    lines.push(`  subgraph s${stage.index}["stage ${stage.index} × ${stage.parallelism}"]`);
    for (const { node } of stage.nodes) lines.push(`    ${nameOf(node.id)}${boxOf(node, timingIn(node))}`);
    for (const { node, fused } of stage.nodes) {
      for (const { side, to } of fused) {
        const target = nameOf(stage.nodes[to]?.node.id ?? "");
        lines.push(`    ${nameOf(node.id)} -->${side === undefined ? "" : `|${quoted(side)}|`} ${target}`);
      }
    }
    lines.push("  end");
  }
  for (const { fromNode, toNode, side, partitioning } of plan.edges) {
    const label = side === undefined ? partitioning.kind : `${side}, ${partitioning.kind}`;
    lines.push(`  ${nameOf(fromNode)} ==>|${quoted(label)}| ${nameOf(toNode)}`);
  }
  const timed = nodes.filter((node) => timingIn(node).length > 0).map(({ id }) => nameOf(id));
  if (timed.length > 0) {
    lines.push("  classDef timing stroke-dasharray: 5 5", `  class ${timed.join(",")} timing`);
  }
  return lines.join("\n");
}

function boxOf(node: LogicalNode, reasons: readonly string[]): string {
  const timing = reasons.length === 0 ? [] : [`may depend on timing: ${reasons.join(", ")}`];
  const text = [node.id, describeNode(node), ...timing].map(escaped).join("<br>");
  switch (node.work.kind) {
    case "source":
      return `(["${text}"])`;
    case "sink":
      return `[["${text}"]]`;
    case "operator":
      return `["${text}"]`;
  }
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** Mermaid reads `#` and a code as a character, and HTML inside of quotes. */
function escaped(text: string): string {
  return text.replace(/[#"<>&\n\r]/g, (character) => `#${character.charCodeAt(0)};`);
}
