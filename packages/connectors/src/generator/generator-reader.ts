import type { PollResult, SourceReader, SourceSplit } from "@tidemark/core";

import { Signal } from "../shared/signal.ts";

/** Every `step`-th number from `next` on, below `end`. */
export interface GeneratorSplit extends SourceSplit {
  /** The number to give next. */
  readonly next: number;
  /** How far apart the numbers of the split are: as many as there were splits at first. */
  readonly step: number;
  /** How many numbers there are in all splits. Without it there is no end. */
  readonly end?: number;
}

/** Makes the records of its splits, some of one split and then some of the next. */
export class GeneratorReader<T> implements SourceReader<T, GeneratorSplit> {
  readonly #create: (index: number) => T;
  readonly #eventTime: ((value: T, index: number) => number) | undefined;
  readonly #signal = new Signal();
  #splits: GeneratorSplit[] = [];
  #paused: ReadonlySet<string> = new Set();

  constructor(create: (index: number) => T, eventTime: ((value: T, index: number) => number) | undefined) {
    this.#create = create;
    this.#eventTime = eventTime;
  }

  addSplits(splits: readonly GeneratorSplit[]): void {
    this.#splits.push(...splits.filter((split) => !isOver(split)));
    this.#signal.notify();
  }

  poll(limit: number): PollResult<T> {
    if (this.#splits.length === 0) return "finished";
    const index = this.#splits.findIndex((each) => !this.#paused.has(each.id));
    const [split] = index < 0 ? [] : this.#splits.splice(index, 1);
    if (split === undefined) {
      this.#signal.clear();
      return "nothing";
    }
    const { id, step, end = Infinity } = split;
    const values: T[] = [];
    const timestamps: number[] = [];
    let next = split.next;
    for (; next < end && values.length < limit; next += step) {
      const value = this.#create(next);
      values.push(value);
      if (this.#eventTime !== undefined) timestamps.push(this.#eventTime(value, next));
    }
    const reached = { ...split, next };
    if (!isOver(reached)) this.#splits.push(reached);
    return this.#eventTime === undefined ? { splitId: id, values } : { splitId: id, values, timestamps };
  }

  available(): Promise<void> {
    return this.#signal.wait();
  }

  pauseSplits(paused: ReadonlySet<string>): void {
    this.#paused = paused;
    this.#signal.notify();
  }

  snapshot(): readonly GeneratorSplit[] {
    return [...this.#splits];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function isOver({ next, end = Infinity }: GeneratorSplit): boolean {
  return next >= end;
}
