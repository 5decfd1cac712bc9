import type { Row } from "../../state/row.ts";

/** A timer of a window. */
export interface TimedRow {
  readonly row: Row;
  readonly time: number;
}

/** Timers that were due for their key when they were set, though the inputs have not come so far again. Each is there once. */
export class OverdueTimers {
  #timers: TimedRow[] = [];

  get isEmpty(): boolean {
    return this.#timers.length === 0;
  }

  add(row: Row, time: number): void {
    if (!this.#timers.some((timer) => timer.row === row && timer.time === time)) this.#timers.push({ row, time });
  }

  /** Takes out the one that was set first. */
  shift(): TimedRow | undefined {
    return this.#timers.shift();
  }

  /** Takes back one timer of a row, or all of them. */
  delete(row: Row, time?: number): void {
    this.#timers = this.#timers.filter((timer) => timer.row !== row || (time !== undefined && timer.time !== time));
  }

  /** What is there now, for {@link rollback}. */
  mark(): readonly TimedRow[] {
    return [...this.#timers];
  }

  /** Makes it what it was. */
  rollback(mark: readonly TimedRow[]): void {
    this.#timers = [...mark];
  }
}
