import type { SubtaskFactory } from "./topology.ts";

/** How a run talks to its subtasks, where it does not in the same heap: `bytesHost` of `@tidemark/core/testing`. */
export interface SubtaskHost {
  /** What messages call it. */
  readonly name: "bytes";
  /** For the engine: makes a subtask. */
  readonly create: SubtaskFactory;
  /** Its name. */
  toString(): string;
  /** Its name. */
  toJSON(): string;
}
