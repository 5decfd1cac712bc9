import type { Actor, Executor } from "./executor.ts";

/** The actors of one region. What one of them throws is the failure of all, and then none of them does anything any more. */
export class Crew {
  readonly #executor: Executor;
  readonly #fail: (error: unknown) => void;
  readonly #members = new Map<Actor, Actor>();
  #isOver = false;

  constructor(executor: Executor, fail: (error: unknown) => void) {
    this.#executor = executor;
    this.#fail = fail;
  }

  /** Says that an actor may have work. */
  wake(actor: Actor): void {
    if (this.#isOver) return;
    let member = this.#members.get(actor);
    if (member === undefined) {
      member = { step: (until) => this.#step(actor, until) };
      this.#members.set(actor, member);
    }
    this.#executor.wake(member);
  }

  /** Lets none of them do anything any more. */
  stop(): void {
    this.#isOver = true;
    this.#members.clear();
  }

  #step(actor: Actor, until: number): boolean {
    if (this.#isOver) return false;
    try {
      return actor.step(until);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }
}
