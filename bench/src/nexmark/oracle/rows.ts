/** Rows, and how two answers of a query are compared. */

/** One value of a row. Times are milliseconds since 1970; days and minutes are text, in UTC. */
export type Value = string | number | null;

/** One row of an answer: its values in the order in which the query names them. */
export type Row = readonly Value[];

/** What tells an answer from the expected one, as text; two answers agree if both lists are empty. */
export interface Difference {
  /** Expected, but not there; a row that is missing twice is listed twice. */
  readonly missing: readonly string[];
  /** There, but not expected, or too often. */
  readonly unexpected: readonly string[];
}

/** One text for every row, the same for equal rows. */
export function canonical(row: Row): string {
  return JSON.stringify(row);
}

/** Compares two answers as multisets: the order of the rows does not matter, how often each comes does. */
export function compareRows(actual: Iterable<Row>, expected: Iterable<Row>): Difference {
  const open = new Map<string, number>();
  for (const row of expected) {
    const text = canonical(row);
    open.set(text, (open.get(text) ?? 0) + 1);
  }
  const unexpected: string[] = [];
  for (const row of actual) {
    const text = canonical(row);
    const left = open.get(text) ?? 0;
    if (left === 0) unexpected.push(text);
    else open.set(text, left - 1);
  }
  const missing = [...open].flatMap(([text, count]) => new Array<string>(count).fill(text));
  return { missing: missing.toSorted(), unexpected: unexpected.toSorted() };
}
