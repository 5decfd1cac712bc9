/**
 * The memory backend under simulation.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 *
 * simMemory().name; // memory
 * ```
 *
 * @module
 */
export { simMemory } from "./sim-memory.ts";
