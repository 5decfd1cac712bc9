import { AbortedIds } from "./aborted-ids.ts";
import type { AlignmentEffect, Barrier, BarrierHandler } from "./barrier.ts";

/** How many checkpoints are counted at a time; the oldest one is given up for a further one. */
export const COUNTED_MAX = 50;

/**
 * Counts barriers and blocks nothing: the snapshot is taken when all have come, and may hold what came behind some of
 * them. After a restore such records come again: at-least-once. (Apache Flink's `CheckpointBarrierTracker`.)
 */
export class BarrierCounter implements BarrierHandler {
  readonly #channels: number;
  readonly #aborted = new AbortedIds();
  /** By id, oldest first, how many barriers have come. */
  readonly #counts = new Map<number, number>();
  #settled = 0;

  constructor(channels: number) {
    this.#channels = channels;
  }

  announced(): readonly AlignmentEffect[] {
    return [];
  }

  timeout(): readonly AlignmentEffect[] {
    return [];
  }

  barrier(_channel: number, barrier: Barrier): readonly AlignmentEffect[] {
    const { checkpointId } = barrier;
    if (this.#aborted.tell(checkpointId)) return [{ kind: "cancel", checkpointId }];
    if (checkpointId <= this.#settled || this.#aborted.has(checkpointId)) return [];
    const count = (this.#counts.get(checkpointId) ?? 0) + 1;
    this.#counts.set(checkpointId, count);
    if (count === this.#channels) {
      const subsumed = this.#dropUpTo(checkpointId).filter((dropped) => dropped < checkpointId);
      return [...subsumed.flatMap((dropped) => abandoned(dropped, "barrier-subsumed")), { kind: "snapshot", barrier }];
    }
    if (this.#counts.size <= COUNTED_MAX) return [];
    const oldest = Math.min(...this.#counts.keys());
    this.#dropUpTo(oldest);
    return abandoned(oldest, "barrier-subsumed");
  }

  cancel(checkpointId: number): readonly AlignmentEffect[] {
    if (checkpointId <= this.#settled || this.#aborted.has(checkpointId)) return [];
    this.#counts.delete(checkpointId);
    this.#remember(checkpointId, true);
    return abandoned(checkpointId, "cancel-marker");
  }

  abort(checkpointId: number): readonly AlignmentEffect[] {
    if (checkpointId <= this.#settled) return [];
    const wasCounted = this.#counts.delete(checkpointId);
    this.#remember(checkpointId, wasCounted);
    return wasCounted ? abandoned(checkpointId, "aborted") : [];
  }

  #remember(checkpointId: number, isTold: boolean): void {
    const forgotten = this.#aborted.add(checkpointId, isTold);
    if (forgotten !== undefined) this.#dropUpTo(forgotten);
  }

  /** @returns the ids that were being counted. */
  #dropUpTo(checkpointId: number): readonly number[] {
    this.#settled = Math.max(this.#settled, checkpointId);
    this.#aborted.settle(checkpointId);
    const dropped = [...this.#counts.keys()].filter((id) => id <= checkpointId);
    for (const id of dropped) this.#counts.delete(id);
    return dropped;
  }
}

function abandoned(
  checkpointId: number,
  reason: "aborted" | "barrier-subsumed" | "cancel-marker",
): readonly AlignmentEffect[] {
  return [
    { kind: "abandon", checkpointId, reason },
    { kind: "cancel", checkpointId },
  ];
}
