/** Watches in a run which errors attempts end with. */
import type { ErrorCode, TraceEvent } from "@tidemark/core";

/** What may have been behind an error. */
export interface Misfortunes {
  /** Whether something that was stored has been spoilt. */
  readonly isDamaged: boolean;
  /** Whether sinks let go what is not committed in time. */
  readonly expires: boolean;
}

/** What faults lead to in any run: effects that fail, processes that are overtaken, functions that throw. */
const OF_ANY_RUN: ReadonlySet<string> = new Set<ErrorCode>([
  "CHECKPOINT_FENCED",
  "CHECKPOINT_TOLERANCE",
  "SINK_IO",
  "SOURCE_IO",
  "STATE_IO",
  "USER_CODE",
]);
const OF_DAMAGE: ReadonlySet<string> = new Set<ErrorCode>(["STATE_CORRUPT", "CHECKPOINT_CORRUPT"]);
/** Neither the write of the head was answered, nor the read that looks for it. */
const OF_AN_UNKNOWN_HEAD = "Cannot learn whether the head was written: ";

/**
 * What is wrong with the end of an attempt, or of a part of one: an error that none of the faults of the swarm leads to. The rows
 * may be right all the same, since the next attempt goes on from a checkpoint.
 */
export function unexpectedFailure(event: TraceEvent, { isDamaged, expires }: Misfortunes): string | undefined {
  if (event.kind !== "attempt-failed" && event.kind !== "region-failed") return undefined;
  const { code, generation, message } = event;
  if (OF_ANY_RUN.has(code)) return undefined;
  if (isDamaged && OF_DAMAGE.has(code)) return undefined;
  if (expires && code === "COMMIT_FAILED") return undefined;
  if (code === "CHECKPOINT_ABORTED" && message.startsWith(OF_AN_UNKNOWN_HEAD)) return undefined;
  return `generation ${generation} failed with ${code}: ${message}`;
}
