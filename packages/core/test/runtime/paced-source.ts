import type {
  EnumeratorContext,
  Env,
  PollResult,
  RejectedRecord,
  Source,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
} from "@tidemark/core";

/** A split of {@link pacedSource}. */
export interface PacedSplit extends SourceSplit {
  readonly index: number;
  readonly position: number;
}

/** Options of {@link pacedSource}. */
export interface PacedOptions<T> {
  /** How many records one poll gives; then the reader has nothing until a turn was taken. Default: 3. */
  readonly perPoll?: number;
  /** Asked before the record at a position of a split is read: a promise holds the split back until it resolves. */
  readonly hold?: (split: number, position: number) => Promise<void> | undefined;
  /** Whether it ends after its last record. Otherwise it goes on in silence. Default: true. */
  readonly bounded?: boolean;
  /** Whether the end of a split is found only when it is asked for more. Otherwise with its last record. Default: false. */
  readonly endsLate?: boolean;
  /** Whether readers ask for their splits one by one. Otherwise all are dealt out first. Default: false. */
  readonly lazy?: boolean;
  readonly timestampOf?: (value: T) => number;
  /** Told of each split when it is given to a reader. */
  readonly assigned?: (split: PacedSplit) => void;
}

interface PacedState {
  readonly left: readonly PacedSplit[];
}

/** Reads arrays, one a split, a few records at a time and never without a turn in between. Replayable. */
export function pacedSource<T>(
  splits: readonly (readonly T[])[],
  options: PacedOptions<T> = {},
): Source<T, PacedSplit, PacedState, true> {
  const all = splits.map((_, index): PacedSplit => ({ id: `split-${index}`, index, position: 0 }));
  return {
    name: "paced arrays",
    replayable: true,
    bounded: options.bounded ?? true,
    hasOneSplit: splits.length === 1,
    createEnumerator: (context, restored) => new PacedEnumerator(context, restored?.left ?? all, options),
    createReader: ({ env }) => new PacedReader(env, splits, options),
    remaining: ({ index, position }) => Promise.resolve({ records: (splits[index] ?? []).length - position }),
  };
}

class PacedEnumerator implements SplitEnumerator<PacedState> {
  readonly #context: EnumeratorContext<PacedSplit>;
  readonly #options: PacedOptions<never>;
  #left: PacedSplit[];

  constructor(context: EnumeratorContext<PacedSplit>, left: readonly PacedSplit[], options: PacedOptions<never>) {
    this.#context = context;
    this.#left = [...left];
    this.#options = options;
  }

  start(): Promise<void> {
    const { parallelism } = this.#context;
    if (this.#options.lazy !== true) {
      this.#left.splice(0).forEach((split, index) => this.#give(index % parallelism, split));
    }
    return Promise.resolve();
  }

  handleSplitRequest(subtask: number): void {
    const split = this.#left.shift();
    if (split !== undefined) this.#give(subtask, split);
    else if (this.#options.bounded !== false) this.#context.noMoreSplits(subtask);
  }

  snapshot(): PacedState {
    return { left: [...this.#left] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #give(subtask: number, split: PacedSplit): void {
    this.#options.assigned?.(split);
    this.#context.assign(subtask, split);
  }
}

/** Something in the place of a record, that the source rejects. */
export class Rejected {
  readonly record: RejectedRecord;

  constructor(record: RejectedRecord) {
    this.record = record;
  }
}

class PacedReader<T> implements SourceReader<T, PacedSplit> {
  readonly #env: Env;
  readonly #splits: readonly (readonly T[])[];
  readonly #options: PacedOptions<T>;
  #open: PacedSplit[] = [];
  #paused: ReadonlySet<string> = new Set();
  #wait: Promise<void> = Promise.resolve();
  #resting = false;

  constructor(env: Env, splits: readonly (readonly T[])[], options: PacedOptions<T>) {
    this.#env = env;
    this.#splits = splits;
    this.#options = options;
  }

  addSplits(splits: readonly PacedSplit[]): void {
    this.#open.push(...splits);
  }

  poll(limit: number): PollResult<T> {
    if (this.#resting) return "nothing";
    const held: Promise<void>[] = [];
    for (let tries = this.#open.length; tries > 0; tries--) {
      const split = this.#open.shift() as PacedSplit;
      if (this.#paused.has(split.id)) {
        this.#open.push(split);
        continue;
      }
      const values = this.#splits[split.index] as readonly T[];
      const hold = split.position < values.length ? this.#options.hold?.(split.index, split.position) : undefined;
      if (hold !== undefined) {
        held.push(hold);
        this.#open.push(split);
        continue;
      }
      if (split.position < values.length) return this.#read(split, values, limit);
      if (this.#options.bounded === false) this.#open.push(split);
    }
    if (this.#open.length === 0 && this.#options.bounded !== false) return "finished";
    if (this.#open.length === 0 && this.#options.lazy === true) return "finished";
    this.#wait = held.length === 0 ? new Promise(() => undefined) : Promise.race(held);
    return "nothing";
  }

  #read(split: PacedSplit, values: readonly T[], limit: number): PollResult<T> {
    const { perPoll = 3, hold, timestampOf, endsLate = false } = this.#options;
    const last = Math.min(values.length, split.position + Math.min(perPoll, limit));
    let end = split.position + 1;
    while (end < last && hold?.(split.index, end) === undefined) end++;
    const found = values.slice(split.position, end);
    const reached = { ...split, position: end };
    if (end < values.length || endsLate || this.#options.bounded === false) this.#open.push(reached);
    this.#resting = true;
    this.#wait = this.#env.turn().then(() => {
      this.#resting = false;
    });
    const read = found.filter((value) => !(value instanceof Rejected));
    const rejected = found.flatMap((value) => (value instanceof Rejected ? [value.record] : []));
    const batch =
      rejected.length > 0 ? { splitId: split.id, values: read, rejected } : { splitId: split.id, values: read };
    return timestampOf === undefined ? batch : { ...batch, timestamps: read.map(timestampOf) };
  }

  available(): Promise<void> {
    return this.#wait;
  }

  pauseSplits(paused: ReadonlySet<string>): void {
    this.#paused = paused;
  }

  snapshot(): readonly PacedSplit[] {
    return [...this.#open];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
