import type { BackendName } from "./flags.ts";

/** What is written of each changed byte in any case: new value and image of the old one in the log, both in a table of level 0. */
const ONCE = 5;

/** A table of level 0 is merged with all beneath that its keys are spread over: once into level 1, and once from there. */
const MERGES = 2;

/** In a merge goes what is new, and its images. */
const MERGED_OF_CHANGED = 2;

/** Folding and packing write no more than this, whatever the state. */
const FOLDED = 12;

/**
 * The most that is written for each of some changed bytes, as far as it can be foreseen. A buffer is full when half of it are new
 * values: the other half are images. With less the merges are those of what was there before.
 */
export function writtenMax(
  backend: BackendName,
  stateBytes: number,
  changedBytes: number,
  writeBufferBytes: number,
): number {
  if (backend !== "leveldb") return FOLDED;
  const changedAtOnce = Math.min(changedBytes, writeBufferBytes / 2);
  return ONCE + MERGES * (MERGED_OF_CHANGED + stateBytes / changedAtOnce);
}
