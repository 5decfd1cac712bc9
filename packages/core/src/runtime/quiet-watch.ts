import type { Env } from "../env/env.ts";

/** For how long nothing may come before a run that goes on "until idle" ends. */
export const QUIET_MS = 100;

/** What a quiet watch needs of its surroundings. */
export interface QuietWatchOptions {
  readonly env: Env;
  /** Whether no source has anything, and nothing is left of what came. */
  readonly isQuiet: () => boolean;
  /** Grows whenever something comes. */
  readonly activity: () => number;
  readonly stop: () => void;
}

/** Notices when no source has had anything for a while. */
export class QuietWatch {
  readonly #options: QuietWatchOptions;
  #watched: number | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(options: QuietWatchOptions) {
    this.#options = options;
  }

  /** Nobody has anything to do right now. */
  idle(): void {
    const { env, isQuiet, activity } = this.#options;
    const watched = activity();
    if (!isQuiet() || watched === this.#watched) return;
    this.#watched = watched;
    this.#cancelLook();
    this.#cancelLook = env.schedule(QUIET_MS, () => this.#look(watched));
  }

  /** Looks no more. */
  close(): void {
    this.#cancelLook();
  }

  /** Still the same silence as when the watch began? */
  #look(watched: number): void {
    if (this.#watched !== watched) return;
    const { isQuiet, activity, stop } = this.#options;
    this.#watched = undefined;
    if (isQuiet() && activity() === watched) stop();
  }
}
