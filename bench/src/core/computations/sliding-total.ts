import { pipeline, type WindowResult } from "@tidemark/core";
import { sliding } from "@tidemark/core/windows";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";
import { absorb, addTotal, pay, paymentOf, type Total, total } from "./totals.ts";

const PANE_MS = 300_000;
const PANES = 60;

type Pane = Map<string, Total>;

/**
 * What each product has brought in in the last five hours, every five minutes: windows of sixty panes. Least and greatest
 * cannot be taken out of a sum again, so both sides merge the panes of a window. The loop relies on the order of time.
 */
export const slidingTotal: Computation = {
  name: "sliding-total",

  loop(sales) {
    const panes: Pane[] = Array.from({ length: PANES }, () => new Map());
    let results = 0;
    let checksum = 0;
    let end = Number.NaN;
    const endPane = (): void => {
      for (const sum of merged(panes).values()) {
        checksum = addTotal(checksum, end - PANES * PANE_MS, sum);
        results++;
      }
      end += PANE_MS;
      (panes[numberOf(end)] as Pane).clear();
    };
    for (const { product, units, cents, at } of sales) {
      if (Number.isNaN(end)) end = Math.floor(at / PANE_MS) * PANE_MS + PANE_MS;
      while (at >= end) endPane();
      if (units > 0) pay(panes[numberOf(end)] as Pane, product, units * cents);
    }
    for (let left = 0; left < PANES; left++) endPane();
    return { results, checksum };
  },

  build(source) {
    const job = pipeline("sliding-total");
    const out = checksumSink((checksum, { window, value }: WindowResult<string, Total>) =>
      addTotal(checksum, window.start, value),
    );
    job
      .source("sales", source, { eventTime: (sale) => sale.at })
      .filter((sale) => sale.units > 0)
      .map(paymentOf)
      .keyBy((payment) => payment.product)
      .window("totals", sliding("5h", "5m"))
      .aggregate(total)
      .sink("out", out.sink);
    return { job, out };
  },
};

/** Where the pane that ends at a time is kept. */
function numberOf(end: number): number {
  return (end / PANE_MS) % PANES;
}

function merged(panes: readonly Pane[]): Pane {
  const sums: Pane = new Map();
  for (const pane of panes) {
    for (const [product, part] of pane) {
      const sum = sums.get(product);
      if (sum === undefined) sums.set(product, { ...part });
      else absorb(sum, part);
    }
  }
  return sums;
}
