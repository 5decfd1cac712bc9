/** Counts failed checkpoints in a row. A checkpoint counts once, however many subtasks fail it. */
export class FailureCounter {
  readonly #tolerable: number;
  #counted = new Set<number>();
  #inRow = 0;
  #lastSuccess = 0;

  constructor(tolerable: number) {
    this.#tolerable = tolerable;
  }

  /** A checkpoint failed. True: it is one more in a row than tolerated; counting begins anew. */
  failed(checkpointId: number): boolean {
    if (checkpointId <= this.#lastSuccess || this.#counted.has(checkpointId)) return false;
    this.#counted.add(checkpointId);
    this.#inRow++;
    if (this.#inRow <= this.#tolerable) return false;
    this.#reset();
    return true;
  }

  /** A checkpoint is complete. One that lies behind the last success changes nothing. */
  succeeded(checkpointId: number): void {
    if (checkpointId <= this.#lastSuccess) return;
    this.#lastSuccess = checkpointId;
    this.#reset();
  }

  #reset(): void {
    this.#inRow = 0;
    this.#counted = new Set();
  }
}
