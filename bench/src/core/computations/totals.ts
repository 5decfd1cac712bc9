/** What sales of a product in a span of time come to: the accumulator of the window computations. */
import type { AggregateFunction } from "@tidemark/core";

import type { Sale } from "../sales.ts";

/** What one sale brings in. */
export interface Payment {
  readonly product: string;
  readonly paid: number;
}

/** What some of them bring in. */
export interface Total {
  sales: number;
  cents: number;
  least: number;
  greatest: number;
}

export function paymentOf({ product, units, cents }: Sale): Payment {
  return { product, paid: units * cents };
}

/** Changes its accumulators in place, and can merge them; least and greatest cannot be taken out again. */
export const total: AggregateFunction<Payment, Total, Total> = {
  create: () => ({ sales: 0, cents: 0, least: Infinity, greatest: 0 }),
  add: (sum, { paid }) => {
    sum.sales++;
    sum.cents += paid;
    if (paid < sum.least) sum.least = paid;
    if (paid > sum.greatest) sum.greatest = paid;
    return sum;
  },
  result: (sum) => ({ ...sum }),
  merge: absorb,
};

/** The same by hand: notes a payment. */
export function pay(totals: Map<string, Total>, product: string, paid: number): void {
  const total = totals.get(product);
  if (total === undefined) {
    totals.set(product, { sales: 1, cents: paid, least: paid, greatest: paid });
    return;
  }
  total.sales++;
  total.cents += paid;
  if (paid < total.least) total.least = paid;
  if (paid > total.greatest) total.greatest = paid;
}

/** Adds one total to another. */
export function absorb(into: Total, from: Total): Total {
  into.sales += from.sales;
  into.cents += from.cents;
  if (from.least < into.least) into.least = from.least;
  if (from.greatest > into.greatest) into.greatest = from.greatest;
  return into;
}

/** Adds the total of a window to a checksum. */
export function addTotal(checksum: number, start: number, { sales, cents, least, greatest }: Total): number {
  return (checksum + (Math.imul(sales, cents | 0) ^ Math.imul(least, greatest) ^ Math.floor(start / 1_000))) | 0;
}
