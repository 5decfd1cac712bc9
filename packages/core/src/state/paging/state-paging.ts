import type { StateLimits } from "./state-limits.ts";

/**
 * How state leaves memory and comes back: `statePaging` of `@tidemark/core/state`. A backend that may hold more than memory
 * does brings it along, so that a program contains it only where there is such a backend.
 */
export interface StatePaging {
  /** For the engine: the memory of a run; `undefined` if it is not limited. */
  memory(limits: StateLimits): object | undefined;
}
