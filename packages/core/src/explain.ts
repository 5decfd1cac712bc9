/**
 * A pipeline as a picture. As text, `explain()` of the pipeline says the same.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { mermaid } from "@tidemark/core/explain";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("double");
 * job.source("numbers", fromArray([1, 2, 3])).map((n) => n * 2).sink("out", toArray<number>().sink);
 * const chart: string = mermaid(job, { parallelism: 2 });
 * ```
 *
 * @module
 */
export type { Runnable, PlanningOptions } from "./api/planning.ts";
export { mermaid } from "./api/mermaid.ts";
