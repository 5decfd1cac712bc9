import { timingOf } from "./describe-node.ts";
import type { LogicalNode } from "./logical.ts";
import type { Plan, Stage } from "./plan.ts";

/** The records that leave a step, or reach it. */
interface Flow {
  /** Where records meet on the way in an order that depends on timing. Empty: their order is that of the source. */
  readonly meetings: readonly string[];
  /** Whether several subtasks have some of them. */
  readonly isSpread: boolean;
}

/**
 * Where the records that each step takes have met before in an order that depends on timing: splits that one reader reads in turns,
 * streams that become one, subtasks that write to the same one, a step whose own results depend on timing. Steps whose records
 * come in the order of their source are left out.
 */
export function meetingsOf(plan: Plan): ReadonlyMap<LogicalNode, readonly string[]> {
  const found = new Map<LogicalNode, readonly string[]>();
  const flows = new Map<string, Flow>();
  for (const stage of plan.stages) {
    for (const [index, { node }] of stage.nodes.entries()) {
      const before = node.inputs[0]?.from.id ?? "";
      const taken = index === 0 ? arriving(node, stage, flows) : (flows.get(before) as Flow);
      if (node.work.kind === "operator" && taken.meetings.length > 0) found.set(node, taken.meetings);
      flows.set(node.id, leaving(node, taken));
    }
  }
  return found;
}

/** What reaches the first step of a stage. */
function arriving(node: LogicalNode, stage: Stage, flows: ReadonlyMap<string, Flow>): Flow {
  const isParallel = stage.parallelism > 1;
  if (node.work.kind === "source") {
    const isOne = node.work.source.hasOneSplit === true;
    return { meetings: isOne ? [] : ["several splits"], isSpread: isParallel && !isOne };
  }
  const meetings = new Set<string>();
  let isSpread = false;
  for (const { fromNode, input, partitioning } of stage.inputs) {
    const flow = flows.get(fromNode) as Flow;
    const isKept = partitioning.kind === "forward";
    for (const meeting of flow.meetings) meetings.add(meeting);
    if (flow.isSpread && !isKept && flow.meetings.length === 0) meetings.add("several subtasks");
    if (stage.inputs.filter((other) => other.input === input).length > 1) meetings.add("several streams");
    isSpread ||= isParallel && (flow.isSpread || !isKept);
  }
  return { meetings: [...meetings], isSpread };
}

/** What leaves a step. Two inputs meet in it, whatever it does with them. */
function leaving(node: LogicalNode, { meetings, isSpread }: Flow): Flow {
  const own = new Set(meetings);
  if (node.inputs.some(({ input }) => input > 0)) own.add("several streams");
  if (node.work.kind === "operator" && timingOf(node).length > 0) own.add(`"${node.id}"`);
  return { meetings: [...own], isSpread };
}
