import type { AttemptOutcome } from "./attempt-options.ts";

/** Which checkpoint of an attempt is its last one, and how the attempt ends with it. Pure: it is told what happens. */
export class Ending {
  #running = 0;
  #isStopping = false;
  #finalCheckpoint: number | undefined;
  #endsFinished = false;
  #outcome: AttemptOutcome | undefined;

  /** Whether no further record is to be read. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** How it has ended; `undefined` while it goes on. */
  get outcome(): AttemptOutcome | undefined {
    return this.#outcome;
  }

  /** So many subtasks begin. */
  begin(subtasks: number): void {
    this.#running = subtasks;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** @returns whether it was the last of them: then nothing more can come, and a last checkpoint is due. */
  subtaskEnded(): boolean {
    this.#running--;
    return this.#running === 0;
  }

  /** So many subtasks that had ended begin again. */
  begunAgain(subtasks: number): void {
    this.#running += subtasks;
  }

  /** Whether the last checkpoint has begun, and was not aborted. */
  get isAtLast(): boolean {
    return this.#finalCheckpoint !== undefined;
  }

  /**
   * A checkpoint begins. What comes after its barrier is in no checkpoint: the job is finished only if nothing can come any
   * more.
   *
   * @returns whether it is the last one from now on.
   */
  triggered(checkpointId: number): boolean {
    if (this.#finalCheckpoint !== undefined || (this.#running > 0 && !this.#isStopping)) return false;
    this.#finalCheckpoint = checkpointId;
    this.#endsFinished = this.#running === 0;
    return true;
  }

  isLast(checkpointId: number): boolean {
    return this.#finalCheckpoint === checkpointId;
  }

  /** @returns whether it was the last one: another takes its place. */
  aborted(checkpointId: number): boolean {
    if (this.#finalCheckpoint !== checkpointId) return false;
    this.#finalCheckpoint = undefined;
    return true;
  }

  /** The last checkpoint is complete, committed and cleaned up. */
  ended(): void {
    this.#outcome = this.#endsFinished ? "finished" : "stopped";
  }
}
