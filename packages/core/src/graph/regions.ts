import type { Plan, Stage } from "./plan.ts";

/** Stages that restart together: a connected part of a plan. */
export interface Region {
  /** Its number among the regions of the plan, in the order of their first stages. */
  readonly index: number;
  readonly stages: readonly Stage[];
}

/**
 * The parts of a plan that share nothing: neither a channel, nor an alignment group, whose readers wait for each other. A
 * failure in one of them says nothing about the others. (The idea is that of Apache Flink's pipelined regions.)
 */
export function regionsOf(plan: Plan): readonly Region[] {
  const joined = plan.stages.map((_stage, index) => index);
  const rootOf = (stage: number): number => {
    const next = joined[stage] as number;
    return next === stage ? stage : rootOf(next);
  };
  const join = (one: number, other: number): void => {
    const [first, second] = [rootOf(one), rootOf(other)];
    joined[Math.max(first, second)] = Math.min(first, second);
  };
  for (const { fromStage, toStage } of plan.edges) join(fromStage, toStage);
  const groups = new Map<string, number>();
  for (const stage of plan.stages) {
    const group = alignmentGroupOf(stage);
    if (group === undefined) continue;
    join(stage.index, groups.get(group) ?? stage.index);
    groups.set(group, stage.index);
  }
  const roots = plan.stages.filter(({ index }) => rootOf(index) === index);
  return roots.map((root, index) => ({
    index,
    stages: plan.stages.filter((stage) => rootOf(stage.index) === root.index),
  }));
}

function alignmentGroupOf({ nodes }: Stage): string | undefined {
  const work = nodes[0]?.node.work;
  return work?.kind === "source" ? work.eventTime?.alignment?.group : undefined;
}

/** The names of its stages. */
export function stageNamesOf({ stages }: Region): readonly string[] {
  return stages.map(({ name }) => name);
}

/** The ids of the sinks of a region. */
export function sinkIdsOf({ stages }: Region): ReadonlySet<string> {
  return new Set(
    stages.flatMap(({ nodes }) => nodes.flatMap(({ node }) => (node.work.kind === "sink" ? [node.id] : []))),
  );
}
