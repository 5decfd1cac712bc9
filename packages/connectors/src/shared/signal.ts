/**
 * Lets a reader wait until something has changed since it last looked. A change that comes between looking and waiting
 * is not missed.
 */
export class Signal {
  #changed = true;
  #failure: { readonly error: unknown } | undefined;
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  /** Notes that the caller has looked and found nothing. */
  clear(): void {
    this.#changed = false;
  }

  /** Notes a change and wakes whoever waits. */
  notify(): void {
    this.#changed = true;
    for (const { resolve } of this.#take()) resolve();
  }

  /** Makes this and every later wait reject, once what came before has been looked at. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#take()) reject(this.#failure.error);
  }

  /** Whether {@link fail} was called. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Resolves at the next change, or at once if there was one since {@link clear}. */
  wait(): Promise<void> {
    if (this.#changed) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #take(): readonly { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
