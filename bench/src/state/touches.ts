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
  /** Of these, how many come before each stop; default: all at once. */
  readonly round?: Round | undefined;
  readonly isRead: boolean;
  /** The key of the touch at a position, counted from the phase's beginning. */
  readonly keyAt: (index: number) => number;
}

/** Touches that come together. Behind them the source stops, until it is told to go on. */
export class Round {
  readonly records: number;
  #opened: number;
  #go: () => void = () => undefined;
  #mayGo: Promise<void> = Promise.resolve();

  constructor(records: number) {
    this.records = records;
    this.#opened = records;
    this.#wait();
  }

  /** So many touches may come in all. */
  get opened(): number {
    return this.#opened;
  }

  /** Lets the next ones come. */
  next(): void {
    const go = this.#go;
    this.#opened += this.records;
    this.#wait();
    go();
  }

  /** Resolves when there are more. */
  more(): Promise<void> {
    return this.#mayGo;
  }

  #wait(): void {
    this.#mayGo = new Promise((resolve) => (this.#go = resolve));
  }
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
    const { from, count, round, isRead, keyAt } = this.#phase;
    if (this.#position === undefined) return "finished";
    const values: Touch[] = [];
    const end = from + Math.min(count, round?.opened ?? count);
    for (; values.length < limit && this.#position < end; this.#position++) {
      values.push({ key: keyAt(this.#position - from), isRead });
    }
    return values.length === 0 ? "nothing" : { splitId: "touches", values };
  }

  available(): Promise<void> {
    // Behind its last touch nothing comes.
    return this.#phase.round?.more() ?? new Promise(() => undefined);
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

/** So many different keys, evenly spread over all of them; then others that are spread as well. */
export function spread(keys: number, different: number): (index: number) => number {
  return (index) => (Math.floor(((index % different) * keys) / different) + Math.floor(index / different)) % keys;
}
