/** What each Nexmark query has to answer, in plain loops over everything that happened, with no engine at all. */
import type { EventLog } from "./log.ts";
import { q0 } from "./q0.ts";
import { q1 } from "./q1.ts";
import { q2 } from "./q2.ts";
import { q3 } from "./q3.ts";
import { q4 } from "./q4.ts";
import { q5 } from "./q5.ts";
import { q6 } from "./q6.ts";
import { q7 } from "./q7.ts";
import { q8 } from "./q8.ts";
import { q9, q9Answers } from "./q9.ts";
import { q10 } from "./q10.ts";
import { q11 } from "./q11.ts";
import { q12 } from "./q12.ts";
import { q13 } from "./q13.ts";
import { q14 } from "./q14.ts";
import { q15 } from "./q15.ts";
import { q16 } from "./q16.ts";
import { q17 } from "./q17.ts";
import { q18, q18Answers } from "./q18.ts";
import { q19, q19Answers } from "./q19.ts";
import { q20 } from "./q20.ts";
import { q21 } from "./q21.ts";
import { q22 } from "./q22.ts";
import { compareRows, type Difference, type Row } from "./rows.ts";
import { compareTied, type TiedAnswer } from "./ties.ts";

export { collect, type EventLog, type EventSequence } from "./log.ts";
export { q10Partitions } from "./q10.ts";
export { SIDE_ROWS } from "./q13.ts";
export { canonical, compareRows, type Difference, type Row, type Value } from "./rows.ts";
export { compareTied, type TiedAnswer } from "./ties.ts";

/** The answer of each query; where ties leave a choice, one of the right answers. */
export const ORACLE = {
  q0,
  q1,
  q2,
  q3,
  q4,
  q5,
  q6,
  q7,
  q8,
  q9,
  q10,
  q11,
  q12,
  q13,
  q14,
  q15,
  q16,
  q17,
  q18,
  q19,
  q20,
  q21,
  q22,
} as const satisfies Readonly<Record<string, (log: EventLog) => readonly Row[]>>;

/** The name of a query. */
export type QueryName = keyof typeof ORACLE;

const TIED: Partial<Record<QueryName, (log: EventLog) => TiedAnswer>> = {
  q9: q9Answers,
  q18: q18Answers,
  q19: q19Answers,
};

/** Whether ties leave a choice: then an answer has to be compared row by row. */
export function isTied(query: QueryName): boolean {
  return query in TIED;
}

/** Compares an answer with the oracle's, or with all right ones where ties leave a choice. */
export function checkAnswer(query: QueryName, actual: Iterable<Row>, log: EventLog): Difference {
  const tied = TIED[query];
  return tied === undefined ? compareRows(actual, ORACLE[query](log)) : compareTied(actual, tied(log));
}
