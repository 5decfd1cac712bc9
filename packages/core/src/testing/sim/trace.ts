const TAIL_LINES_MAX = 60;

/** What happened in a simulation, line by line: folded into a hash, with the last lines kept for a message. */
export interface SimTrace {
  /** Adds a line. */
  note(line: string): void;
  /** A hash of all lines so far, as 16 hexadecimal digits. Two runs of one seed must agree on it. */
  hash(): string;
  /** The last lines, oldest first. */
  tail(): readonly string[];
  /** How many lines there were. */
  readonly lines: number;
}

/**
 * Starts an empty trace.
 *
 * @example
 * ```ts
 * import { simTrace } from "@tidemark/core/testing";
 *
 * const trace = simTrace();
 * trace.note("a process dies");
 * console.log(trace.lines, trace.tail(), trace.hash().length);
 * // prints 1 ["a process dies"] 16
 * ```
 */
export function simTrace(): SimTrace {
  return new Trace();
}

/** Two lanes of FNV-1a over the UTF-16 units of the lines: not for adversaries, enough to tell two schedules apart. */
class Trace implements SimTrace {
  #low = 0x811c9dc5;
  #high = 0x1b873593;
  #lines = 0;
  readonly #tail: string[] = [];

  get lines(): number {
    return this.#lines;
  }

  note(line: string): void {
    this.#lines++;
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < line.length; index++) {
      const unit = line.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x85ebca6b) ^ (low >>> 13);
    }
    // A line end is a unit too, so that "ab" and "a", "b" differ.
    this.#low = Math.imul(low ^ 10, 0x01000193);
    this.#high = Math.imul(high ^ 10, 0x85ebca6b);
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES_MAX * 2) this.#tail.splice(0, TAIL_LINES_MAX);
  }

  hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  tail(): readonly string[] {
    return this.#tail.slice(-TAIL_LINES_MAX);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
