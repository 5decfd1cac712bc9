import { END_OF_TIME } from "../../time/timestamps.ts";

/** The processing time that windows have come to. */
export class ProcessingClock {
  now: number = Number.NEGATIVE_INFINITY;
  /** No processing time comes after the end of all input: what is still open is complete. */
  isEnded = false;

  /** The time up to which timers are due. */
  get reached(): number {
    return this.isEnded ? END_OF_TIME : this.now;
  }
}
