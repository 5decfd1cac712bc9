import type { SimWorld } from "./world.ts";

/** The place of a row in an order that the output must keep: rows of one lane appear as 1, 2, 3 and so on. */
export interface RowPlace {
  /** Rows of one lane have an order. */
  readonly lane: string;
  /** Its number in the lane, from 1. */
  readonly position: number;
}

/** What the output of a job must be. */
export interface OutputExpectation<Row> {
  /** All rows, in any order, as an oracle computed them without the engine. */
  readonly rows: readonly Row[];
  /** Tells rows apart. */
  describe(row: Row): string;
  /** Whether rows may become visible more than once, as an at-least-once pipeline allows. Default: `false`. */
  readonly mayRepeat?: boolean;
  /** Where a row stands in the order of its lane, if there is such an order. */
  place?(row: Row): RowPlace;
}

/** How many rows were found wrong, by how they were wrong. */
export interface OutputTally {
  /** Expected and never committed. */
  readonly lost: number;
  /** Committed more often than expected. */
  readonly doubled: number;
  /** Committed and never expected. */
  readonly wrong: number;
}

/**
 * Compares what becomes visible with what an oracle expects: each row in the moment it is committed, so that nothing is
 * first wrong and then put right, and the whole at the end.
 */
export interface OutputCheck<Row> {
  /** To be called with rows as they become visible. */
  watch(rows: readonly Row[]): void;
  /** To be called with rows that were visible and are taken back. */
  unwatch(rows: readonly Row[]): void;
  /** To be called when the job is over. */
  end(): void;
  /** What was found wrong so far; what is lost is known at the end. */
  readonly tally: OutputTally;
}

/**
 * Makes a check whose findings are violations of a world.
 *
 * @example
 * ```ts
 * import { outputCheck, simWorld } from "@tidemark/core/testing";
 *
 * const check = outputCheck(simWorld(1), "out", { rows: ["ebb", "flow"], describe: (row) => row });
 * check.watch(["ebb", "ebb"]);
 * check.end();
 * console.log(check.tally);
 * // prints {"lost":1,"doubled":1,"wrong":0}
 * ```
 */
export function outputCheck<Row>(world: SimWorld, name: string, expectation: OutputExpectation<Row>): OutputCheck<Row> {
  const expected = new Map<string, number>();
  for (const row of expectation.rows) bump(expected, expectation.describe(row));
  const seen = new Map<string, number>();
  const lanes = new Map<string, number>();
  const tally = { lost: 0, doubled: 0, wrong: 0 };
  const one = (row: Row): void => {
    const text = expectation.describe(row);
    const count = bump(seen, text);
    const most = expected.get(text) ?? 0;
    if (count <= most || (most > 0 && expectation.mayRepeat === true)) return;
    tally[most === 0 ? "wrong" : "doubled"]++;
    world.violation(most === 0 ? `${name}: wrong row ${text}` : `${name}: row ${text} for the ${count}th time`);
  };
  const ordered = (rows: readonly Row[]): void => {
    if (expectation.place === undefined) return;
    for (const { lane, position } of rows.map((row) => expectation.place!(row))) {
      const last = lanes.get(lane) ?? 0;
      if (position === last + 1) lanes.set(lane, position);
      else if (position > last) world.violation(`${name}: row ${position} of "${lane}" is visible before ${last + 1}`);
    }
  };
  return {
    tally,
    watch(rows) {
      for (const row of rows) one(row);
      ordered(rows);
    },
    unwatch(rows) {
      for (const row of rows) bump(seen, expectation.describe(row), -1);
    },
    end() {
      for (const [text, most] of expected) {
        const missing = most - (seen.get(text) ?? 0);
        if (missing <= 0) continue;
        tally.lost += missing;
        world.violation(`${name}: lost row ${text}`);
      }
    },
  };
}

function bump(counts: Map<string, number>, key: string, by = 1): number {
  const count = (counts.get(key) ?? 0) + by;
  counts.set(key, count);
  return count;
}
