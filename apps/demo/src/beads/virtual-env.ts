import { setImmediate as macrotask } from "node:timers/promises";
import type { Env } from "@tidemark/core";
import type { Chance } from "../flights/chance.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** The engine's door to the outside, with a clock that moves only when nobody has anything left to do. */
export class VirtualEnv implements Env {
  readonly random: Chance;
  readonly #timers = new Set<Timer>();
  #now = 0;
  #turns: (() => void)[] = [];

  constructor(random: Chance) {
    this.random = random;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.#turns.push(resolve));
  }

  log(): void {
    // What the demonstration has to say comes from the trace.
  }

  point(): void {
    // The trace is enough.
  }

  /** Resolves after a while of the virtual clock. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(delayMs, resolve));
  }

  /**
   * Lets everything happen, one timer after the other, until `work` has ended.
   *
   * @throws {Error} if `work` waits for something that will never happen.
   */
  async drive<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const watched = work.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (;;) {
      // Nothing here does any real I/O, so one macrotask is enough for all promises to settle.
      await macrotask();
      if (settled) return await watched;
      const turns = this.#turns.splice(0);
      for (const resolve of turns) resolve();
      if (turns.length === 0 && !this.#fireNext()) {
        throw new Error("Cannot go on: the job waits, and nothing will happen");
      }
    }
  }

  #fireNext(): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer;
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    return true;
  }
}
