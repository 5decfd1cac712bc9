import type { Env } from "../env/env.ts";
import { expect } from "./state-backend/expect.ts";

const TURNS_MAX = 10_000;

/** The clock of a suite: it stands still, and goes on to the next call that is scheduled when the suite waits for something. */
export class SuiteClock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  readonly env: Env = {
    now: () => this.#now,
    monotonic: () => this.#now,
    random: () => 0.5,
    schedule: (delayMs, callback) => {
      const timer = { at: this.#now + delayMs, callback };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
    turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
    log: () => undefined,
    point: () => undefined,
  };

  /** Waits for a promise, and lets time pass as long as it is pending. */
  async waitFor(promise: Promise<void>): Promise<void> {
    let pending = true;
    const settle = (): void => {
      pending = false;
    };
    const settled = promise.then(settle, settle);
    for (let turns = 0; pending; turns++) {
      await Promise.race([settled, this.env.turn()]);
      expect(turns < TURNS_MAX, "available() did not resolve");
      if (pending) this.#fireNext();
    }
    await promise;
  }

  /** Lets time pass until a condition holds. */
  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    for (let turns = 0; !(await condition()); turns++) {
      expect(turns < TURNS_MAX, what);
      this.#fireNext();
      await this.env.turn();
    }
  }

  #fireNext(): void {
    const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
    if (next === undefined) return;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = Math.max(this.#now, next.at);
    next.callback();
  }
}
