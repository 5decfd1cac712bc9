/**
 * Answers that are not unique. Where a query ranks rows by something that several rows share, any of these may be
 * taken, and no engine owes us the same choice as another. So the oracle says between which rows there is a choice.
 */
import { canonical, type Difference, type Row } from "./rows.ts";

/** Rows of which an answer has exactly `take`. The first ones are those that the oracle itself would take. */
export interface Choice {
  readonly candidates: readonly Row[];
  readonly take: number;
  /** Only in a ranked answer: the rank of the first row taken; the others follow without a gap. */
  readonly firstRank?: number;
}

/** All right answers of a query at once. */
export interface TiedAnswer {
  readonly choices: readonly Choice[];
  /** Whether each row of an answer has its rank as a last value, which the candidates do not have. */
  readonly ranked: boolean;
}

/** One of the right answers. */
export function firstAnswer({ choices, ranked }: TiedAnswer): readonly Row[] {
  return choices.flatMap(({ candidates, take, firstRank = 1 }) =>
    candidates.slice(0, take).map((row, index) => (ranked ? [...row, firstRank + index] : row)),
  );
}

/** What is still to be found of one choice. */
interface Open {
  readonly choice: Choice;
  readonly candidates: Map<string, number>;
  readonly ranks: Set<number>;
  left: number;
}

function openOf(choice: Choice): Open {
  const candidates = new Map<string, number>();
  for (const row of choice.candidates) {
    const text = canonical(row);
    candidates.set(text, (candidates.get(text) ?? 0) + 1);
  }
  const ranks = new Set(Array.from({ length: choice.take }, (_, index) => (choice.firstRank ?? 1) + index));
  return { choice, candidates, ranks, left: choice.take };
}

/** Compares an answer with all the right ones. No row may be a candidate of two choices. */
export function compareTied(actual: Iterable<Row>, { choices, ranked }: TiedAnswer): Difference {
  const all = choices.map(openOf);
  const openByRow = new Map(all.flatMap((open) => [...open.candidates.keys()].map((text) => [text, open] as const)));
  const unexpected: string[] = [];
  for (const row of actual) {
    const text = canonical(ranked ? row.slice(0, -1) : row);
    const open = openByRow.get(text);
    const left = open?.candidates.get(text) ?? 0;
    const rankFits = !ranked || open?.ranks.delete(Number(row.at(-1))) === true;
    if (open === undefined || left === 0 || open.left === 0 || !rankFits) {
      unexpected.push(canonical(row));
      continue;
    }
    open.candidates.set(text, left - 1);
    open.left--;
  }
  const missing = all
    .filter(({ left }) => left > 0)
    .map(({ left, choice }) => `${left} of ${choice.take} of ${choice.candidates.map(canonical).join(" or ")}`);
  return { missing: missing.toSorted(), unexpected: unexpected.toSorted() };
}
