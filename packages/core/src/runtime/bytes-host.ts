import { BytesSubtask } from "./bytes-subtask.ts";
import type { SubtaskHost } from "./subtask-host.ts";

/**
 * Hands subtasks nothing but encoded frames, `{ host: bytesHost }`: slower, and a test of the seam between a subtask and what
 * drives it.
 *
 * @example
 * ```ts
 * import { bytesHost } from "@tidemark/core/testing";
 *
 * const options = { host: bytesHost, parallelism: 2 };
 * ```
 */
export const bytesHost: SubtaskHost = {
  name: "bytes",
  create: (place, port) => new BytesSubtask(place, port),
  toString: () => "bytes",
  toJSON: () => "bytes",
};
