/** One fold of a kind at a time for all stores of a session, in the order in which they ask. */
export class FoldQueue {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it was its turn and the fold has ended. */
  run(fold: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(fold);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Waits for those that were asked for. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
