import { type AggregateFunction, pipeline, type WindowResult } from "@tidemark/core";
import { tumbling } from "@tidemark/core/windows";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";

const HOUR_MS = 3_600_000;

interface Payment {
  readonly product: string;
  readonly paid: number;
}

interface Total {
  sales: number;
  cents: number;
  least: number;
  greatest: number;
}

/** What each product brings in each hour, returns left out. The results of an hour come when it is over. */
export const hourlyTotal: Computation = {
  name: "hourly-total",

  loop(sales) {
    const totals = new Map<string, Total>();
    let results = 0;
    let checksum = 0;
    let hour = Number.NEGATIVE_INFINITY;
    const endHour = (): void => {
      for (const total of totals.values()) checksum = add(checksum, hour, total);
      results += totals.size;
      totals.clear();
    };
    for (const { product, units, cents, at } of sales) {
      if (at >= hour + HOUR_MS) {
        endHour();
        hour = Math.floor(at / HOUR_MS) * HOUR_MS;
      }
      if (units <= 0) continue;
      const paid = units * cents;
      const total = totals.get(product);
      if (total === undefined) {
        totals.set(product, { sales: 1, cents: paid, least: paid, greatest: paid });
        continue;
      }
      total.sales++;
      total.cents += paid;
      if (paid < total.least) total.least = paid;
      if (paid > total.greatest) total.greatest = paid;
    }
    endHour();
    return { results, checksum };
  },

  build(source) {
    const job = pipeline("hourly-total");
    const out = checksumSink((checksum, result: WindowResult<string, Total>) =>
      add(checksum, result.window.start, result.value),
    );
    job
      .source("sales", source, { eventTime: (sale) => sale.at })
      .filter((sale) => sale.units > 0)
      .map(({ product, units, cents }): Payment => ({ product, paid: units * cents }))
      .keyBy((payment) => payment.product)
      .window("totals", tumbling("1h"))
      .aggregate(total)
      .sink("out", out.sink);
    return { job, out };
  },
};

const total: AggregateFunction<Payment, Total, Total> = {
  create: () => ({ sales: 0, cents: 0, least: Infinity, greatest: 0 }),
  add: (sum, { paid }) => {
    sum.sales++;
    sum.cents += paid;
    if (paid < sum.least) sum.least = paid;
    if (paid > sum.greatest) sum.greatest = paid;
    return sum;
  },
  result: (sum) => ({ ...sum }),
};

function add(checksum: number, hour: number, { sales, cents, least, greatest }: Total): number {
  return (checksum + (Math.imul(sales, cents | 0) ^ Math.imul(least, greatest) ^ (hour / HOUR_MS))) | 0;
}
