/** How many aborted ids are remembered, so that their late barriers are known for what they are. */
const ABORTED_MAX = 64;

/** The aborted checkpoints whose barriers may still come, as one subtask knows them. Bounded. */
export class AbortedIds {
  /** By id: whether those downstream know. */
  readonly #told = new Map<number, boolean>();

  has(checkpointId: number): boolean {
    return this.#told.has(checkpointId);
  }

  /**
   * Remembers one.
   *
   * @returns The id that was forgotten for it: nothing at or below it can still happen, since ids come in order.
   */
  add(checkpointId: number, isTold: boolean): number | undefined {
    this.#told.set(checkpointId, isTold || this.#told.get(checkpointId) === true);
    if (this.#told.size <= ABORTED_MAX) return undefined;
    const lowest = Math.min(...this.#told.keys());
    this.#told.delete(lowest);
    return lowest;
  }

  /** Whether those downstream have to be told now, which is then taken for done. */
  tell(checkpointId: number): boolean {
    if (this.#told.get(checkpointId) !== false) return false;
    this.#told.set(checkpointId, true);
    return true;
  }

  /** Everything up to this id is over. */
  settle(checkpointId: number): void {
    for (const id of this.#told.keys()) if (id <= checkpointId) this.#told.delete(id);
  }
}
