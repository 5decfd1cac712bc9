import type { KeyRange, StateEntry } from "../backend.ts";
import { namesOf } from "./handle-codec.ts";
import { Layer } from "./layer.ts";
import type { Pace } from "./pace.ts";
import { type MergedSlice, type MergeReading, mergeSlice, type Sources } from "./merge.ts";

/** Blocks that one request of a long scan reads at most. The first request reads one, each further one twice as many. */
const AHEAD_MAX = 32;

/** Blocks that a request reads of what nobody keeps: about as many as a slice takes. What comes behind would be read again. */
const AHEAD_ONCE = 8;

/** What is being read at the moment: nothing of it may be deleted. */
export class ReadPins {
  readonly #held = new Set<{ readonly sources: Sources }>();

  /** Runs something that reads from `sources`. */
  async hold<T>(sources: Sources, read: () => Promise<T>): Promise<T> {
    const pin = { sources };
    this.#held.add(pin);
    try {
      return await read();
    } finally {
      this.#held.delete(pin);
    }
  }

  /** The names of all objects that are being read. */
  names(): readonly string[] {
    return [...this.#held].flatMap(({ sources }) => namesOf(sources.filter((source) => source instanceof Layer)));
  }
}

/** How a scan reads. */
export interface Scanning {
  readonly pins: ReadPins;
  readonly pace: Pace;
  /** Whether nobody will ask for the same entries soon: the cache stays as it is. */
  readonly isOnce: boolean;
}

/** Every entry of a range, in slices. Each slice shows what `sources` gives at that moment. */
export async function* scanSources(
  { pins, pace, isOnce }: Scanning,
  range: KeyRange,
  sources: () => Sources,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  let next: Uint8Array | undefined = range.from;
  let after = false;
  for (let more = 1; next !== undefined; more = Math.min(AHEAD_MAX, more * 2)) {
    const ahead = isOnce ? AHEAD_ONCE : more;
    const blocks = { ahead, aheadBytes: 0, isKept: !isOnce };
    const reading: MergeReading = { from: next, after, to: range.to, ...blocks, deletes: "hidden", pace };
    const now = sources();
    const slice: MergedSlice = await pins.hold(now, () => mergeSlice(now, reading));
    // Deletes are hidden, so every change that is left is a value.
    if (slice.entries.length > 0) yield slice.entries as readonly StateEntry[];
    next = slice.next;
    after = true;
  }
}
