import { pipeline } from "@tidemark/core";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";

interface Revenue {
  readonly product: string;
  readonly sales: number;
  readonly cents: number;
  readonly least: number;
  readonly greatest: number;
}

/** What each product has brought in so far, returns left out. Every new total is a result. */
export const runningTotal: Computation = {
  name: "running-total",

  loop(sales) {
    const totals = new Map<string, Revenue>();
    let results = 0;
    let checksum = 0;
    for (const { product, units, cents } of sales) {
      if (units <= 0) continue;
      const paid = units * cents;
      const total = totals.get(product);
      const next: Revenue =
        total === undefined
          ? { product, sales: 1, cents: paid, least: paid, greatest: paid }
          : {
              product,
              sales: total.sales + 1,
              cents: total.cents + paid,
              least: paid < total.least ? paid : total.least,
              greatest: paid > total.greatest ? paid : total.greatest,
            };
      totals.set(product, next);
      results++;
      checksum = add(checksum, next);
    }
    return { results, checksum };
  },

  build(source) {
    const job = pipeline("running-total");
    const out = checksumSink(add);
    job
      .source("sales", source)
      .filter((sale) => sale.units > 0)
      .map(({ product, units, cents }): Revenue => {
        const paid = units * cents;
        return { product, sales: 1, cents: paid, least: paid, greatest: paid };
      })
      .keyBy((revenue) => revenue.product)
      .reduce("totals", (total, one) => ({
        product: total.product,
        sales: total.sales + one.sales,
        cents: total.cents + one.cents,
        least: one.least < total.least ? one.least : total.least,
        greatest: one.greatest > total.greatest ? one.greatest : total.greatest,
      }))
      .sink("out", out.sink);
    return { job, out };
  },
};

function add(checksum: number, { sales, cents, least, greatest }: Revenue): number {
  return (checksum + (Math.imul(sales, cents | 0) ^ Math.imul(least, greatest))) | 0;
}
