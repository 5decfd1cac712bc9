import { explainPlan } from "../graph/explain.ts";
import type { Misuse } from "../misuse.ts";
import { type NotWhole, planPipeline, type PlanningOptions, type Runnable, wholePipeline } from "./planning.ts";

/**
 * What would be run, as text: stages and how many subtasks each has, ids, shuffles, state, time, what sources and sinks
 * promise, and what may depend on timing. `mermaid` draws it.
 *
 * @throws {ConfigurationError} if it cannot be run as written.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { explain } from "@tidemark/core/explain";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("words");
 * job
 *   .source("words", fromArray(["to", "be"]))
 *   .keyBy((word) => word)
 *   .reduce("longest", (one, other) => (other.length > one.length ? other : one))
 *   .sink("out", toArray<string>().sink);
 * console.log(explain(job, { parallelism: 2 }));
 * // prints pipeline words: exactly-once, 2 stages, 128 key groups
 * // prints stage 0 × 2
 * // prints   words: source array, replayable, bounded, no event time
 * // prints stage 1 × 2
 * // prints   from stage 0, words by hash
 * // prints   longest: reduce, keyed state result (reducing)
 * // prints   out: sink array, exactly-once
 * // prints no step is known to depend on timing
 * ```
 */
export function explain(pipeline: Runnable | Misuse<NotWhole>, options?: PlanningOptions): string {
  const { graph, guarantee } = wholePipeline(pipeline);
  return explainPlan(planPipeline(graph, options), guarantee);
}
