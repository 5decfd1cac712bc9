import type { RetainedEpoch } from "../backend.ts";
import { nameOrigin } from "./names.ts";

/** What a session knows of its own place in the history of a job. */
export interface SweepPosition {
  /** The session's generation; 0 if it is not known yet. */
  readonly generation: number;
  /** The epoch that it restored. */
  readonly restoredEpoch: number;
}

/**
 * Which of `names` nothing can ask for any more: those that are not in `kept` and belong to an epoch up to the newest
 * retained one, or were left by an older generation above the epoch that was restored. A name that is not one of ours is
 * never among them, nor is what a later generation wrote: a session that was overtaken may still be at its sweep.
 */
export function sweepable(
  names: readonly string[],
  kept: ReadonlySet<string>,
  retained: readonly RetainedEpoch[],
  position: SweepPosition,
): readonly string[] {
  const newest = retained.reduce((epoch, checkpoint) => Math.max(epoch, checkpoint.epoch), 0);
  return names.filter((name) => {
    const origin = nameOrigin(name);
    if (origin === undefined || kept.has(name) || kept.has(ownerOf(name))) return false;
    if (origin.generation > position.generation && position.generation > 0) return false;
    return origin.epoch <= newest || (origin.generation < position.generation && origin.epoch > position.restoredEpoch);
  });
}

const OWNER = /^[0-9]+-[0-9]+/;

/** The manifest that an object beside it belongs to: `<manifest>-<anything>`. */
function ownerOf(name: string): string {
  return OWNER.exec(name)?.[0] ?? name;
}
