import { AbortedError } from "@tidemark/core";

import { Signal } from "./signal.ts";

/** Runs tasks one after the other, in the background. The first one to fail is the last one to run. */
export class SerialWork {
  readonly #signal = new Signal();
  #tail: Promise<void> = Promise.resolve();
  #bytes = 0;
  #closed = false;

  /** The bytes that belong to tasks that are not done. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a task. The promise settles with it, and rejects if an earlier one has failed; it may be left alone.
   *
   * @param bytes what the task holds in memory until it is done.
   */
  add(run: () => Promise<void>, bytes: number = 0): Promise<void> {
    this.#bytes += bytes;
    const done = this.#tail.then(async () => {
      if (this.#closed) throw new AbortedError("Cannot go on: it was closed");
      await run();
      this.#bytes -= bytes;
      this.#signal.notify();
    });
    this.#tail = done;
    done.catch((error: unknown) => this.#signal.fail(error));
    return done;
  }

  /** Resolves when the condition holds, which is looked at after each task. Rejects when a task has failed. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() || this.#signal.failed) {
      this.#signal.clear();
      await this.#signal.wait();
    }
  }

  /** Gives up the tasks that have not begun, and waits for the one that has. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail.catch(() => undefined);
  }
}
