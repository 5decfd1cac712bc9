/** Tells a client of the newest position, one call at a time. */
export class Acknowledger<Position> {
  readonly #tell: (position: Position) => void | Promise<void>;
  readonly #fail: (error: unknown) => void;
  #next: { readonly position: Position } | undefined;
  #told: { readonly position: Position } | undefined;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;

  /** @param fail told when a call has failed; none follows. */
  constructor(tell: (position: Position) => void | Promise<void>, fail: (error: unknown) => void) {
    this.#tell = tell;
    this.#fail = fail;
  }

  /** Everything up to this position is durable. Positions that were not told of yet are not told of any more. */
  acknowledge(position: Position): void {
    this.#next = { position };
    if (!this.#isRunning) this.#running = this.#run();
  }

  /** Resolves when nothing is left to tell. */
  idle(): Promise<void> {
    return this.#running;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let next = this.#next; next !== undefined; next = this.#next) {
        this.#next = undefined;
        if (this.#told !== undefined && Object.is(this.#told.position, next.position)) continue;
        this.#told = next;
        await this.#tell(next.position);
      }
      this.#isRunning = false;
    } catch (error) {
      this.#fail(error);
    }
  }
}
