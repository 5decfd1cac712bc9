/**
 * What a cell may hold instead of the bare value. Neither is ever changed: a new one takes its place.
 *
 * @module
 */

/** The time of an entry that was written before its state had a time to live: it counts as fresh when it is first met. */
export const UNSTAMPED = -1;

/** A value of a state with a time to live, and when it was last written or refreshed, in milliseconds since the epoch. */
export class Stamped {
  readonly value: unknown;
  readonly at: number;

  constructor(value: unknown, at: number) {
    this.value = value;
    this.at = at;
  }
}

/** A value as a checkpoint has it, which nobody has read since: its version may be older than the declared one. */
export class Unread {
  readonly value: unknown;
  readonly version: number;
  /** `undefined`: written without a time. */
  readonly at: number | undefined;

  constructor(value: unknown, version: number, at: number | undefined) {
    this.value = value;
    this.version = version;
    this.at = at;
  }
}

/** What is held, as written at `at`. */
export function stampedAt(held: unknown, at: number): Stamped | Unread {
  return held instanceof Unread ? new Unread(held.value, held.version, at) : new Stamped((held as Stamped).value, at);
}
