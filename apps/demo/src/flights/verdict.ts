/**
 * What a comparison found. The counts are what the demonstration is about: all three must be 0.
 *
 * @module
 */

/** Differences, counted, with a few of them in words. */
export interface Verdict {
  /** Rows that should be there and are not. */
  lost: number;
  /** Copies of a row beyond the one that should be there. */
  doubled: number;
  /** Rows with another content than expected, or that should not be there at all. */
  wrong: number;
  readonly examples: string[];
}

const EXAMPLES_MAX = 5;

export type Fault = "lost" | "doubled" | "wrong";

export function emptyVerdict(): Verdict {
  return { lost: 0, doubled: 0, wrong: 0, examples: [] };
}

/** Counts one difference. */
export function note(verdict: Verdict, fault: Fault, what: string): void {
  verdict[fault]++;
  if (verdict.examples.length < EXAMPLES_MAX) verdict.examples.push(`${fault}: ${what}`);
}

/** The differences of both. */
export function sumOf(one: Verdict, other: Verdict): Verdict {
  return {
    lost: one.lost + other.lost,
    doubled: one.doubled + other.doubled,
    wrong: one.wrong + other.wrong,
    examples: [...one.examples, ...other.examples],
  };
}

export function isClean(verdict: Verdict): boolean {
  return verdict.lost === 0 && verdict.doubled === 0 && verdict.wrong === 0;
}
