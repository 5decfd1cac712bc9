/**
 * A pipeline as text, and as a picture.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { explain, mermaid } from "@tidemark/core/explain";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("double");
 * job.source("numbers", fromArray([1, 2, 3])).map((n) => n * 2).sink("out", toArray<number>().sink);
 * const text: string = explain(job, { parallelism: 2 });
 * const chart: string = mermaid(job, { parallelism: 2 });
 * ```
 *
 * @module
 */
export type { Runnable, PlanningOptions } from "./api/planning.ts";
export { explain } from "./api/explain.ts";
export { mermaid } from "./api/mermaid.ts";
