import {
  type BackendCapabilities,
  type BackendJob,
  type BackendSession,
  type StateBackend,
  StateError,
} from "@tidemark/core";
import { segmentSession, type SegmentTuning } from "@tidemark/core/internal";
import type { MemorySpace } from "./memory-space.ts";
import { memoryHead, memoryManifests, memorySegments } from "./memory-stores.ts";

/** Opens sessions on a {@link MemorySpace}. A session that was taken over is fenced by the head, as everywhere. */
export class MemoryBackend implements StateBackend {
  readonly name: string = "memory";
  readonly capabilities: BackendCapabilities = {
    durable: false,
    largerThanMemory: false,
    syncReads: true,
    sharedAccess: false,
  };
  readonly #space: MemorySpace;
  readonly #tuning: Partial<SegmentTuning>;

  /** @param tuning Limits of the store over segments. Default: its own, and nothing is cached, since it is in memory. */
  constructor(space: MemorySpace, tuning: Partial<SegmentTuning> = {}) {
    this.#space = space;
    this.#tuning = tuning;
  }

  async open(job: BackendJob): Promise<BackendSession> {
    const space = this.#space;
    space.jobName ??= job.name;
    if (space.jobName !== job.name) {
      throw new StateError(
        "STATE_FOREIGN_JOB",
        `Cannot open the memory backend for job "${job.name}": it holds job "${space.jobName}". Make one for each job`,
        { details: { job: job.name, found: space.jobName } },
      );
    }
    return segmentSession({
      env: job.env,
      head: memoryHead(space),
      manifests: memoryManifests(space),
      segments: memorySegments(space),
      tuning: this.#tuning,
    });
  }
}
