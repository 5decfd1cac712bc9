/**
 * State and checkpoints in memory. They survive restarts of a job inside the process, and nothing else.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 *
 * const backend = memory();
 * backend.capabilities.durable; // false
 * ```
 *
 * @module
 */
export { collect, type CollectOptions } from "./collect.ts";
export { memory } from "./memory.ts";
