import {
  type BackendCapabilities,
  type BackendJob,
  type BackendSession,
  type StateBackend,
  StateError,
} from "@tidemark/core";
import { MemorySession } from "./memory-session.ts";
import type { MemorySpace } from "./memory-space.ts";

/** Opens sessions on a {@link MemorySpace}. A session that was taken over is fenced by the head, as everywhere. */
export class MemoryBackend implements StateBackend {
  readonly name: string = "memory";
  readonly capabilities: BackendCapabilities = {
    durable: false,
    syncReads: true,
    sharedAccess: false,
  };
  readonly #space: MemorySpace;

  constructor(space: MemorySpace) {
    this.#space = space;
  }

  async open(job: BackendJob): Promise<BackendSession> {
    const space = this.#space;
    if (space.jobName !== undefined && space.jobName !== job.name) {
      throw new StateError(
        "STATE_FOREIGN_JOB",
        `Cannot open the memory backend for job "${job.name}": it holds job "${space.jobName}". Make one for each job`,
        { details: { job: job.name, found: space.jobName } },
      );
    }
    return new MemorySession(space, job.name);
  }
}
