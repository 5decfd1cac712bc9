import { ConnectorError, messageOf, type PollResult, type SourceReader, type SourceSplit } from "@tidemark/core";

import { type Pull, PulledQueue } from "./pull.ts";

/** The only split there is. */
export interface IterableSplit extends SourceSplit {
  /** How many records were read. */
  readonly position: number;
}

/** The split of a source that was never read. */
export const FIRST_SPLIT: IterableSplit = { id: "1 of 1", position: 0 };

/** Reads what a {@link Pull} gives. */
export class IterableReader<T> implements SourceReader<T, IterableSplit> {
  readonly #name: string;
  readonly #open: (position: number) => Pull<T>;
  readonly #ahead: number;
  #split: IterableSplit | undefined;
  #queue: PulledQueue<T> | undefined;

  constructor(name: string, open: (position: number) => Pull<T>, ahead: number) {
    this.#name = name;
    this.#open = open;
    this.#ahead = ahead;
  }

  addSplits(splits: readonly IterableSplit[]): void {
    const split = splits[0];
    if (split === undefined) return;
    this.#split = split;
    this.#queue = new PulledQueue(this.#wrapped(split.position), this.#ahead);
  }

  poll(limit: number): PollResult<T> {
    if (this.#split === undefined || this.#queue === undefined) return "finished";
    const { id, position } = this.#split;
    const values = this.#queue.take(limit);
    this.#split = this.#queue.finished ? undefined : { id, position: position + values.length };
    if (values.length > 0) return { splitId: id, values };
    return this.#split === undefined ? "finished" : "nothing";
  }

  available(): Promise<void> {
    return this.#queue === undefined ? Promise.resolve() : this.#queue.signal.wait();
  }

  snapshot(): readonly IterableSplit[] {
    return this.#split === undefined ? [] : [this.#split];
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }

  #wrapped(position: number): Pull<T> {
    const failed = (error: unknown): ConnectorError =>
      new ConnectorError("SOURCE_IO", `Cannot read ${this.#name}: ${messageOf(error)}`, { cause: error });
    let pull: Pull<T> | undefined;
    return {
      next: async () => {
        try {
          pull ??= this.#open(position);
          return await pull.next();
        } catch (error) {
          throw error instanceof ConnectorError ? error : failed(error);
        }
      },
      cancel: async () => pull?.cancel(),
    };
  }
}
