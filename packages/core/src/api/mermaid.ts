import { mermaidPlan } from "../graph/mermaid.ts";
import { type Runnable, planPipeline, type PlanningOptions } from "./planning.ts";

/**
 * What would be run, as a Mermaid flowchart: stages as boxes, shuffles as thick arrows, and with dashes what may depend on
 * timing. GitHub and many editors draw it from a fenced block of the language `mermaid`.
 *
 * @param pipeline as `pipeline(...)` gives it.
 * @throws {ConfigurationError} if it cannot be run as written.
 */
export function mermaid(pipeline: Runnable, options?: PlanningOptions): string {
  return mermaidPlan(planPipeline(pipeline.graph, options), pipeline.guarantee);
}
