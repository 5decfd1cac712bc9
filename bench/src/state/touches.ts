import type { PollResult, Source, SourceReader } from "@tidemark/core";

/** One record: which key is touched, and whether its value is read or replaced. */
export interface Touch {
  readonly key: number;
  readonly isRead: boolean;
}

/** Which touches are to come. */
export interface Phase {
  /** The position of the first one. */
  readonly from: number;
  /** How many. */
  readonly count: number;
  readonly isRead: boolean;
  /** The key of the touch at a position, counted from the phase's beginning. */
  readonly keyAt: (index: number) => number;
}

interface TouchSplit {
  readonly id: string;
  readonly position: number;
}

/** Gives the touches of one phase, and then waits: a job that runs until it has read so many records ends there. */
export function touches(phase: Phase): Source<Touch, TouchSplit, boolean, true> {
  return {
    name: "touches",
    replayable: true,
    bounded: false,
    createEnumerator: (context, restored) => {
      let isAssigned = restored ?? false;
      return {
        start: async () => undefined,
        handleSplitRequest: (subtask) => {
          if (isAssigned) return context.noMoreSplits(subtask);
          isAssigned = true;
          return context.assign(subtask, { id: "touches", position: 0 });
        },
        snapshot: () => isAssigned,
        close: async () => undefined,
      };
    },
    createReader: () => new TouchReader(phase),
  };
}

class TouchReader implements SourceReader<Touch, TouchSplit> {
  readonly #phase: Phase;
  #position: number | undefined = undefined;

  constructor(phase: Phase) {
    this.#phase = phase;
  }

  addSplits(splits: readonly TouchSplit[]): void {
    this.#position = splits[0]?.position ?? this.#position;
  }

  poll(limit: number): PollResult<Touch> {
    const { from, count, isRead, keyAt } = this.#phase;
    if (this.#position === undefined) return "finished";
    const values: Touch[] = [];
    for (; values.length < limit && this.#position < from + count; this.#position++) {
      values.push({ key: keyAt(this.#position - from), isRead });
    }
    return values.length === 0 ? "nothing" : { splitId: "touches", values };
  }

  available(): Promise<void> {
    // Behind its last touch nothing comes.
    return new Promise(() => undefined);
  }

  snapshot(): readonly TouchSplit[] {
    return this.#position === undefined ? [] : [{ id: "touches", position: this.#position }];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Keys in a random order, each as likely as the next: multiplicative hashing of the index. */
export function scattered(keys: number): (index: number) => number {
  return (index) => Math.floor(((Math.imul(index + 1, 0x9e37_79b1) >>> 0) / 0x1_0000_0000) * keys);
}

/** So many different keys, evenly spread over all of them. */
export function spread(keys: number, different: number): (index: number) => number {
  return (index) => Math.floor((index * keys) / different);
}
