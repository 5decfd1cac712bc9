import type { Sale } from "../sales.ts";

/** What each product has brought in at the end, in cents. */
export type Totals = ReadonlyMap<string, number>;

/** Another library that keeps a total for each product up to date, as its manual says one should. */
export interface Rival {
  /** Name and version. */
  readonly name: string;
  /** How many sales it is given, at most: a slow one has no need of as many to show its speed. */
  readonly salesMax: number;
  run(sales: readonly Sale[]): Totals;
}

/** How many sales go into one run of a library that takes changes in batches. */
export const BATCH_SALES = 1_000;

/** The batches, as changes that each add one sale. */
export function* batchesOf(sales: readonly Sale[]): Generator<[Sale, number][], void, undefined> {
  for (let start = 0; start < sales.length; start += BATCH_SALES) {
    yield sales.slice(start, start + BATCH_SALES).map((sale): [Sale, number] => [sale, 1]);
  }
}
