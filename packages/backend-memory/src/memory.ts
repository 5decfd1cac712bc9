import type { StateBackend } from "@tidemark/core";
import { MemoryBackend } from "./memory-backend.ts";
import { MemorySpace } from "./memory-space.ts";

/**
 * A state backend in the heap. State and checkpoints live as long as the object that is returned: a job that fails and
 * is run again with it goes on from its last checkpoint. They do not outlive the process.
 *
 * @returns A backend for one job. A second job needs a second one.
 */
export function memory(): StateBackend {
  return new MemoryBackend(new MemorySpace());
}
