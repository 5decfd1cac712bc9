import type { Env } from "../env/env.ts";
import type { SubtaskName } from "./trace.ts";

/** What a subtask can be doing. `"backPressured"`: it has work, and no room for what comes of it. */
export type ActivityKind = "busy" | "idle" | "backPressured";

/** How long a subtask has been doing what, since its attempt began, in milliseconds. */
export interface SubtaskActivity {
  /** Which subtask it is. */
  readonly at: SubtaskName;
  /** Spent with records, timers and barriers. */
  readonly busyMs: number;
  /** Spent with nothing to do. */
  readonly idleMs: number;
  /** Spent with work, and no room for what comes of it. */
  readonly backPressuredMs: number;
}

/** Adds up the time that a subtask spends with each thing. */
export class ActivityClock {
  readonly #env: Env;
  readonly #spent = { busy: 0, idle: 0, backPressured: 0 };
  #doing: ActivityKind = "idle";
  #since: number;

  constructor(env: Env) {
    this.#env = env;
    this.#since = env.monotonic();
  }

  turnTo(kind: ActivityKind): void {
    if (kind === this.#doing) return;
    this.#settle();
    this.#doing = kind;
  }

  get times(): Omit<SubtaskActivity, "at"> {
    this.#settle();
    return { busyMs: this.#spent.busy, idleMs: this.#spent.idle, backPressuredMs: this.#spent.backPressured };
  }

  #settle(): void {
    const now = this.#env.monotonic();
    this.#spent[this.#doing] += now - this.#since;
    this.#since = now;
  }
}
