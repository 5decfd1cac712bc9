import type { LogicalGraph } from "../graph/logical.ts";
import type { Plan } from "../graph/plan.ts";
import { planGraph } from "../graph/planner.ts";
import { defaultKeyGroups } from "../state/key-groups.ts";
import { invalidOption } from "../invalid-option.ts";
import type { Guarantee, Misuse } from "./guarantee.ts";

/** What is planned and run: a pipeline, as `pipeline(...)` gives it. */
export interface Runnable {
  /** What it promises. */
  readonly guarantee: Guarantee;
  /** Its steps, as they were written. */
  readonly graph: LogicalGraph;
}

/** What the compiler says to the end of a chain of steps where the pipeline is asked for. */
export type NotWhole =
  "Give it what pipeline(...) gave, not what the last step gives: const job = pipeline('name'); job.source(...).sink(...); run(job, ...).";

/** A pipeline as it is given. @throws {ConfigurationError} OPTION_INVALID if it is none, for callers without types. */
export function wholePipeline(given: Runnable | Misuse<NotWhole>): Runnable {
  if (Array.isArray((given as Runnable | undefined)?.graph?.nodes)) return given as Runnable;
  throw invalidOption("the pipeline", given, "it is what pipeline(...) gave, not what the last step gives");
}

/** What a plan depends on besides the pipeline. */
export interface PlanningOptions {
  /** How many subtasks run each step that says nothing itself. Default: 1. */
  readonly parallelism?: number;
  /**
   * Into how many groups keys are dealt, once for the life of the job: the most subtasks a keyed step can ever have, up to
   * 32,768. Default: one and a half times the highest parallelism, rounded up to a power of two, at least 128; for a
   * job that is restored, that of its state.
   */
  readonly keyGroups?: number;
  /** Whether steps without a shuffle between them share a subtask. Default: true. */
  readonly fuse?: boolean;
}

/**
 * The plan of a pipeline.
 *
 * @throws {ConfigurationError} if it cannot be run as written.
 */
export function planPipeline(graph: LogicalGraph, options: PlanningOptions = {}): Plan {
  const { parallelism = 1, fuse = true } = options;
  const highest = graph.nodes.reduce((most, node) => Math.max(most, node.parallelism ?? parallelism), 1);
  const keyGroups = options.keyGroups ?? (Number.isSafeInteger(highest) ? defaultKeyGroups(highest) : 1);
  return planGraph(graph, { parallelism, keyGroups, keyGroupsDerived: options.keyGroups === undefined, fuse });
}
