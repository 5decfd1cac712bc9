import { mermaidPlan } from "../graph/mermaid.ts";
import type { Misuse } from "../misuse.ts";
import { type NotWhole, planPipeline, type PlanningOptions, type Runnable, wholePipeline } from "./planning.ts";

/**
 * What would be run, as a Mermaid flowchart: stages as boxes, shuffles as thick arrows, and with dashes what may depend on
 * timing. GitHub and many editors draw it from a fenced block of the language `mermaid`.
 *
 * @param pipeline as `pipeline(...)` gives it.
 * @throws {ConfigurationError} if it cannot be run as written.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { mermaid } from "@tidemark/core/explain";
 *
 * const job = pipeline("words");
 * job.source("words", fromArray(["to", "be"])).sink("out", toArray<string>().sink);
 * console.log(mermaid(job));
 * // prints ---
 * // prints title: "words, exactly-once"
 * // prints ---
 * // prints flowchart LR
 * // prints   subgraph s0["stage 0 × 1"]
 * // prints     n0(["words<br>source array, replayable, bounded, no event time"])
 * // prints     n1[["out<br>sink array, exactly-once"]]
 * // prints     n0 --> n1
 * // prints   end
 * ```
 */
export function mermaid(pipeline: Runnable | Misuse<NotWhole>, options?: PlanningOptions): string {
  const { graph, guarantee } = wholePipeline(pipeline);
  return mermaidPlan(planPipeline(graph, options), guarantee);
}
