import type { PollResult, SourceReader, SourceReaderContext } from "@tidemark/core";

import { Signal } from "../shared/signal.ts";
import type { FileSplit } from "./file-split.ts";
import { type FileSettings, SplitReader } from "./split-reader.ts";

/** Reads the splits it is given in turns, so that none of them falls behind the others. */
export class FileReader<T> implements SourceReader<T, FileSplit> {
  readonly #settings: FileSettings<T>;
  readonly #context: SourceReaderContext;
  readonly #signal = new Signal();
  #splits: SplitReader<T>[] = [];
  #paused: ReadonlySet<string> = new Set();

  constructor(settings: FileSettings<T>, context: SourceReaderContext) {
    this.#settings = settings;
    this.#context = context;
  }

  addSplits(splits: readonly FileSplit[]): void {
    for (const split of splits) {
      this.#splits.push(new SplitReader(this.#settings, this.#context.env, this.#signal, split));
    }
    this.#signal.notify();
  }

  poll(limit: number): PollResult<T> {
    // Whatever becomes available while the splits are asked is seen by the next poll.
    this.#signal.clear();
    for (let asked = this.#splits.length; asked > 0; asked--) {
      const split = this.#splits.shift();
      if (split === undefined) break;
      const batch = this.#paused.has(split.id) ? undefined : split.take(limit);
      if (!split.finished) this.#splits.push(split);
      if (batch !== undefined) return batch;
    }
    return this.#splits.length === 0 ? "finished" : "nothing";
  }

  available(): Promise<void> {
    return this.#signal.wait();
  }

  pauseSplits(paused: ReadonlySet<string>): void {
    this.#paused = paused;
    this.#signal.notify();
  }

  snapshot(): readonly FileSplit[] {
    return this.#splits.map((split) => split.snapshot());
  }

  async close(): Promise<void> {
    const splits = this.#splits;
    this.#splits = [];
    await Promise.all(splits.map((split) => split.close()));
  }
}
