import { pipeline } from "@tidemark/core";
import { intervalJoin } from "@tidemark/core/joins";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";
import type { Sale } from "../sales.ts";

const BEFORE_MS = 60_000;

/** What a product has been sold for lately, in order; those before `first` are over. */
interface Lately {
  sales: Sale[];
  first: number;
}

/** How many sales that are over are cut off at once: one by one would move the others each time. */
const CUT_AT = 64;

/**
 * Each sale that was given back, with the sales of its product in the minute before it: two streams, kept together in time.
 * The loop reads one, and relies on its order.
 */
export const joinedReturns: Computation = {
  name: "interval-join",

  loop(all) {
    const lately = new Map<string, Lately>();
    let results = 0;
    let checksum = 0;
    for (const sale of all) {
      let own = lately.get(sale.product);
      if (own === undefined) {
        own = { sales: [], first: 0 };
        lately.set(sale.product, own);
      }
      const { sales } = own;
      while (own.first < sales.length && (sales[own.first] as Sale).at < sale.at - BEFORE_MS) own.first++;
      if (own.first >= CUT_AT) {
        sales.splice(0, own.first);
        own.first = 0;
      }
      if (sale.units > 0) {
        sales.push(sale);
        continue;
      }
      for (let i = own.first; i < sales.length; i++) {
        const before = sales[i] as Sale;
        if (before.at === sale.at) break;
        checksum = add(checksum, valueOf(sale, before));
        results++;
      }
    }
    return { results, checksum };
  },

  build(allSales, allReturns) {
    const job = pipeline("interval-join");
    const out = checksumSink(add);
    const time = { eventTime: ({ at }: Sale) => at, alignment: { group: "shop", maxDrift: "1m" } } as const;
    const sales = job.source("sales", allSales, time).filter(({ units }) => units > 0);
    job
      .source("returns", allReturns, time)
      .keyBy(({ product }) => product)
      .join(
        "returned",
        sales.keyBy(({ product }) => product),
        intervalJoin({ from: "-1m", to: "0s", includesTo: false }),
        valueOf,
      )
      .sink("out", out.sink);
    return { job, out };
  },
};

function valueOf(returned: Sale, sold: Sale): number {
  return Math.imul(returned.store + 1, sold.cents) ^ (returned.at - sold.at);
}

function add(checksum: number, value: number): number {
  return (checksum + Math.imul(value, value)) | 0;
}
