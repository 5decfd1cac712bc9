/**
 * The one door to the outside. The engine reads no clock, draws no number, waits for nothing and says nothing except
 * through an {@link Env}, so that a simulation can own all of it.
 *
 * @module
 */

/** How serious a {@link LogEntry} is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of the engine's own log. */
export interface LogEntry {
  /** How grave it is. */
  readonly level: LogLevel;
  /** What happened, as a sentence. */
  readonly message: string;
  /** Values that belong to it. Default: none. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * A named place in the protocol that a test, a simulation or a demonstration can stop at. Passing one has no effect on
 * the result of a job.
 */
export type PointName =
  | "checkpoint.triggered"
  | "alignment.started"
  | "alignment.ended"
  | "snapshot.frozen"
  | "snapshot.writing"
  | "snapshot.written"
  | "manifest.writing"
  | "manifest.written"
  | "head.writing"
  | "head.written"
  | "commit.starting"
  | "commit.retrying"
  | "commit.done"
  | "release.starting"
  | "release.done"
  | "fold.starting"
  | "fold.done"
  | "savepoint.writing"
  | "savepoint.written"
  | "restore.starting"
  | "restore.state"
  | "restore.done"
  | "region.built"
  | "region.restored"
  | "split.held-back"
  | "record.again";

/** Clock, chance, waiting, log and named points. */
export interface Env {
  /** Wall clock, in milliseconds since the epoch. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back, and may stand still between two awaits. */
  monotonic(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Calls back once, after `delayMs` at the earliest. Returns a function that cancels the call. */
  schedule(delayMs: number, callback: () => void): () => void;
  /** Resolves after the host has had a turn to deliver what is ready: I/O, timers, other tasks. */
  turn(): Promise<void>;
  /** Takes a line of the engine's log. */
  log(entry: LogEntry): void;
  /**
   * Whether mistakes of user code are looked for, at a price: what state gives out and what operators emit is frozen, and
   * each update of state is checked at once instead of when it is written. Simulations and tests do. Default: false.
   */
  readonly development?: boolean;
  /**
   * The most records or timers that a subtask handles before others have a turn. A simulation takes few, so that anything can
   * come in between. Default: 4,096.
   */
  readonly shareRecords?: number;
  /** Notes that the protocol has reached a named point. */
  point(name: PointName, detail?: Readonly<Record<string, unknown>>): void;
}
