/** Calls of a step's function that are under way in one process. */
export class Calls {
  readonly #most: number;
  #underWay: Map<string, number> = new Map();
  #breaches: string[] = [];

  /** @param most how many all subtasks of a step may have under way. */
  constructor(most: number) {
    this.#most = most;
  }

  /** A step begins a call. @returns to be called at its end. */
  begin(step: string): () => void {
    const underWay = this.#underWay;
    const count = (underWay.get(step) ?? 0) + 1;
    underWay.set(step, count);
    if (count > this.#most) this.#breaches.push(`${count} calls of ${step} are under way, of ${this.#most}`);
    return () => underWay.set(step, (underWay.get(step) ?? 0) - 1);
  }

  /** Nobody waits any more for those that have begun. */
  startAnew(): void {
    this.#underWay = new Map();
  }

  /** What was too much since it was asked last. */
  takeBreaches(): readonly string[] {
    return this.#breaches.length === 0 ? [] : this.#breaches.splice(0);
  }
}
