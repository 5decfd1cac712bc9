import type { Env } from "../env/env.ts";

/** The pause that follows one failure. Whoever ends it does so even before it has begun: while what failed is closed. */
export class Pause {
  readonly #env: Env;
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Resolves after so many milliseconds, or when it is ended; at once if it has been. */
  wait(delayMs: number): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      const cancelTimer = this.#env.schedule(delayMs, resolve);
      this.#wake = () => {
        cancelTimer();
        resolve();
      };
    });
  }

  /** Nobody waits any longer. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }
}
