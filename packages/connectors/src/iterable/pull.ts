import { invalidOption } from "@tidemark/core/internal";

import { Signal } from "../shared/signal.ts";

/** What gives values one after the other: an iterator, or the reader of a stream. */
export interface Pull<T> {
  next(): Promise<IteratorResult<T, unknown>>;
  cancel(): Promise<void>;
}

/** A {@link Pull} out of anything that can be iterated over. */
export function pullFrom<T>(iterable: AsyncIterable<T> | Iterable<T>): Pull<T> {
  if (Object(iterable) !== iterable || !(Symbol.asyncIterator in iterable || Symbol.iterator in iterable)) {
    throw invalidOption("an iterable", iterable, "it has no iterator");
  }
  const iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    cancel: async () => {
      await iterator.return?.();
    },
  };
}

/** A {@link Pull} out of a web stream. */
export function pullStream<T>(stream: ReadableStream<T>): Pull<T> {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value } : { done, value };
    },
    cancel: () => reader.cancel(),
  };
}

/** Pulls values in the background until `ahead` of them wait to be taken. */
export class PulledQueue<T> {
  readonly signal: Signal = new Signal();
  readonly #pull: Pull<T>;
  readonly #ahead: number;
  #waiting: T[] = [];
  #pulling = false;
  #ended = false;
  #closed = false;

  constructor(pull: Pull<T>, ahead: number) {
    this.#pull = pull;
    this.#ahead = ahead;
  }

  /** Whether everything was taken and no more will come. */
  get finished(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  /** Takes at most `limit` values, and goes on pulling. */
  take(limit: number): T[] {
    const taken = this.#waiting.splice(0, limit);
    if (taken.length === 0) this.signal.clear();
    if (!this.#pulling && !this.signal.failed && !this.#ended && !this.#closed) void this.#run();
    return taken;
  }

  async #run(): Promise<void> {
    this.#pulling = true;
    try {
      while (!this.#closed && !this.#ended && this.#waiting.length < this.#ahead) {
        const { done, value } = await this.#pull.next();
        if (done === true) this.#ended = true;
        else this.#waiting.push(value);
        this.signal.notify();
      }
    } catch (error) {
      this.signal.fail(error);
    }
    this.#pulling = false;
  }

  /** Stops pulling, and lets the other side know. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#ended) await this.#pull.cancel();
  }
}
