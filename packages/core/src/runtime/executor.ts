import type { Env } from "../env/env.ts";

/** Something that has work now and then. */
export interface Actor {
  /**
   * Does one share of work.
   *
   * @param until when the turn ends, by the monotonic clock: a share that is begun before is finished.
   * @returns whether there is more at once.
   */
  step(until: number): boolean;
}

/** Chooses the next of `count` ready actors, counted from the one that has waited longest; which they are says `ready`. */
export type Pick = (count: number, ready: readonly object[]) => number;

/** Steps between two turns of the host's event loop, so that I/O and timers are never starved. */
const STEPS_PER_TURN = 32;

/** Steps end early for a turn after this long, all of them together; on hosts whose clock stands still the count alone decides. */
const TURN_MS = 2;

/** Runs actors one at a time in one thread, in the order in which they became ready, or as a `pick` chooses. */
export class Executor {
  readonly #env: Env;
  readonly #pick: Pick | undefined;
  readonly #ready: Actor[] = [];
  readonly #queued = new Set<Actor>();
  #running: Actor | undefined;
  #again = false;
  #stopped = false;
  #notify: () => void = () => undefined;

  constructor(env: Env, pick: Pick | undefined) {
    this.#env = env;
    this.#pick = pick;
  }

  /** Whether nobody has anything to do. */
  get isIdle(): boolean {
    return this.#ready.length === 0 && this.#running === undefined;
  }

  /** Says that an actor may have work. */
  wake(actor: Actor): void {
    if (actor === this.#running) {
      this.#again = true;
      return;
    }
    if (this.#queued.has(actor)) return;
    this.#queued.add(actor);
    this.#ready.push(actor);
    this.#notify();
  }

  /** Lets no actor do anything any more. */
  stop(): void {
    this.#stopped = true;
    this.#notify();
  }

  /**
   * Runs until stopped. Rejects with what an actor throws.
   *
   * @param idle called whenever nobody has anything to do.
   */
  async run(idle: () => void): Promise<void> {
    let steps = 0;
    let until = this.#turnEnd();
    let wasWoken = false;
    while (!this.#stopped) {
      steps += this.#burst(STEPS_PER_TURN - steps, until);
      if (this.#stopped) return;
      // Also when nobody is ready: who is woken again and again by promises alone would never let the host have its turn.
      if (this.#ready.length > 0 || steps >= STEPS_PER_TURN) {
        await this.#env.turn();
        steps = 0;
        // Who was woken began in the midst of a turn of the host, and this may be the rest of it.
        if (!wasWoken) until = this.#turnEnd();
        wasWoken = false;
        continue;
      }
      idle();
      if (this.#ready.length > 0 || this.#stopped) continue;
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
      this.#notify = () => undefined;
      until = this.#turnEnd();
      wasWoken = true;
    }
  }

  #turnEnd(): number {
    return this.#env.monotonic() + TURN_MS;
  }

  /** Takes at most so many steps, at least one if anybody is ready, and says how many it took. */
  #burst(limit: number, until: number): number {
    let steps = 0;
    while (steps < limit && this.#ready.length > 0) {
      this.#step(until);
      steps++;
      if (this.#stopped || this.#env.monotonic() >= until) break;
    }
    return steps;
  }

  #step(until: number): void {
    const index =
      this.#pick === undefined || this.#ready.length === 1 ? 0 : this.#pick(this.#ready.length, this.#ready);
    const [actor] = this.#ready.splice(index, 1);
    if (actor === undefined) return;
    this.#queued.delete(actor);
    this.#running = actor;
    this.#again = false;
    try {
      const more = actor.step(until);
      this.#running = undefined;
      if (more || this.#again) this.wake(actor);
    } finally {
      this.#running = undefined;
    }
  }
}
