/**
 * One piece of work behind the back of those who ask for it. The next one waits for it: who asks faster than the disk
 * cleans up is slowed down, and what is to be cleaned does not grow.
 */
export class Cleanup {
  #underWay: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined = undefined;

  /**
   * Waits for the work that is under way, and no longer.
   *
   * @throws What that work threw, once.
   */
  async settled(): Promise<void> {
    await this.#underWay;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Begins the next piece of work, when the one before is settled, and does not wait for it. */
  begin(work: () => Promise<void>): void {
    this.#underWay = this.#underWay.then(work).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }
}
