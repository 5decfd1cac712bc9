import type { EnumeratorContext, PollResult, Source, SourceReader, SourceSplit, SplitEnumerator } from "@tidemark/core";
import { recordOf, type SoakRecord, SPLITS } from "./records.ts";

/** Every {@link SPLITS}-th number from `next` on. */
export interface SoakSplit extends SourceSplit {
  readonly next: number;
}

interface Dealt {
  readonly dealt: boolean;
}

/** How the source behaves in one life of the job. */
export interface SoakSourceOptions {
  /** Where the numbers end; `Infinity`: nowhere, in this life. */
  readonly end: number;
  /** How many records a reader gives before it lets a moment pass. */
  readonly burst: number;
  /** Told how far each split has come: when a reader takes it over, and with each batch. */
  readonly reached: (n: number) => void;
}

const BURST_PAUSE_MS = 2;

/** All numbers up to an end that only the last life knows. */
export function soakSource(options: SoakSourceOptions): Source<SoakRecord, SoakSplit, Dealt, true> {
  return {
    name: "numbers",
    replayable: true,
    bounded: true,
    createEnumerator: (context, restored) => enumerator(context, restored),
    createReader: () => new Reader(options),
  };
}

function enumerator(context: EnumeratorContext<SoakSplit>, restored?: Dealt): SplitEnumerator<Dealt> {
  const { parallelism } = context;
  const deal = (splits: readonly SoakSplit[]): void =>
    splits.forEach((split, at) => context.assign(at % parallelism, split));
  let dealt = restored?.dealt ?? false;
  return {
    start: async () => {
      if (!dealt) deal(Array.from({ length: SPLITS }, (_, at) => ({ id: `split ${at}`, next: at })));
      dealt = true;
      for (let subtask = 0; subtask < parallelism; subtask++) context.noMoreSplits(subtask);
    },
    handleSplitRequest: (subtask) => context.noMoreSplits(subtask),
    snapshot: () => ({ dealt }),
    close: async () => undefined,
  };
}

class Reader implements SourceReader<SoakRecord, SoakSplit> {
  readonly #options: SoakSourceOptions;
  #splits: SoakSplit[] = [];
  #left: number;
  #pause: Promise<void> | undefined;

  constructor(options: SoakSourceOptions) {
    this.#options = options;
    this.#left = options.burst;
  }

  addSplits(splits: readonly SoakSplit[]): void {
    for (const { next } of splits) this.#options.reached(next);
    this.#splits.push(...splits.filter(({ next }) => next < this.#options.end));
  }

  poll(limit: number): PollResult<SoakRecord> {
    if (this.#splits.length === 0) return "finished";
    if (this.#left <= 0) return "nothing";
    const split = this.#splits.shift() as SoakSplit;
    const values: SoakRecord[] = [];
    let { next } = split;
    for (; next < this.#options.end && values.length < Math.min(limit, this.#left); next += SPLITS) {
      values.push(recordOf(next));
    }
    this.#left -= values.length;
    if (next < this.#options.end) this.#splits.push({ ...split, next });
    this.#options.reached(next);
    return { splitId: split.id, values };
  }

  available(): Promise<void> {
    if (this.#left > 0) return Promise.resolve();
    this.#pause ??= new Promise((resolve) => {
      setTimeout(() => {
        this.#left = this.#options.burst;
        this.#pause = undefined;
        resolve();
      }, BURST_PAUSE_MS);
    });
    return this.#pause;
  }

  snapshot(): readonly SoakSplit[] {
    return [...this.#splits];
  }

  async close(): Promise<void> {}
}
