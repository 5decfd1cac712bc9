import type { SourceReader, SourceSplit } from "../connect/source.ts";
import type { AlignmentMember } from "../time/alignment-group.ts";
import type { SplitClock } from "../time/split-clock.ts";

/** What the alignment of a reader needs. */
export interface SourceAlignmentOptions {
  readonly reader: SourceReader<unknown, SourceSplit>;
  /** Its place in its group. */
  readonly member: AlignmentMember;
  /** How far its splits have come. */
  readonly clock: SplitClock;
  /** Some of its splits may be read on. */
  readonly resume: () => void;
}

const NONE: ReadonlyMap<string, number> = new Map();

/**
 * Keeps the splits of one reader from running ahead of those of its group. A reader that can pause splits goes on with the
 * others; any other one waits as a whole, once all of its splits that are not idle are too far ahead.
 */
export class SourceAlignment {
  readonly #options: SourceAlignmentOptions;
  /** The splits that are not read, by how far they have come. */
  #held = NONE;
  #isAhead = false;

  constructor(options: SourceAlignmentOptions) {
    this.#options = options;
  }

  /** Whether the reader is not polled at all. */
  get isAhead(): boolean {
    return this.#isAhead;
  }

  /** Tells the group how far the reader is; `Infinity`: it has ended and holds nobody up. */
  report(slowest: number = this.#options.clock.slowest): void {
    this.#options.member.report(slowest);
  }

  /**
   * Decides which splits are read, and says so to the reader. To be called before each poll.
   *
   * @returns whether none of them is: there is nothing to poll for until it is resumed.
   */
  mustWait(): boolean {
    const { reader, member, clock, resume } = this.#options;
    const ahead = clock.beyond(member.limit);
    const canPause = reader.pauseSplits !== undefined;
    this.#isAhead = ahead.size > 0 && ahead.size === (canPause ? clock.size : clock.speaking);
    this.#hold(canPause || this.#isAhead ? ahead : NONE);
    let first = Infinity;
    for (const time of this.#held.values()) first = Math.min(first, time);
    member.awaitLimit(first, () => {
      this.#isAhead = false;
      resume();
    });
    return this.#isAhead;
  }

  #hold(splits: ReadonlyMap<string, number>): void {
    const isSame = splits.size === this.#held.size && [...splits.keys()].every((id) => this.#held.has(id));
    this.#held = splits;
    if (isSame) return;
    const { reader, clock } = this.#options;
    const ids = new Set(splits.keys());
    clock.hold(ids);
    reader.pauseSplits?.(ids);
  }
}
