import type { Barrier } from "./barrier.ts";
import type { CheckpointConfig } from "./options.ts";
import type { RequestKind } from "./request-queue.ts";

/**
 * The barrier of a checkpoint that begins now. What is to be kept, or gone on from by another pipeline, must not depend on
 * what was on its way: it is aligned, for as long as that takes.
 */
export function barrierOf(
  checkpointId: number,
  request: RequestKind,
  { barriers, alignedTimeoutMs }: CheckpointConfig,
  at: number,
): Barrier {
  if (barriers !== "unaligned" || request === "savepoint" || request === "final") {
    return { checkpointId, unaligned: false, alignedUntil: Infinity };
  }
  return { checkpointId, unaligned: alignedTimeoutMs === 0, alignedUntil: at + alignedTimeoutMs };
}
