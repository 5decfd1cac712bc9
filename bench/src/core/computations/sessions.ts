import { pipeline, type WindowResult } from "@tidemark/core";
import { count } from "@tidemark/core/aggregates";
import { session } from "@tidemark/core/windows";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";

const GAP_MS = 30_000;

interface Session {
  start: number;
  last: number;
  sales: number;
}

/** How many sales of each product there are without a pause of more than half a minute. The loop relies on the order of time. */
export const sessions: Computation = {
  name: "sessions",

  loop(sales) {
    const open = new Map<string, Session>();
    let results = 0;
    let checksum = 0;
    const close = ({ start, last, sales: counted }: Session): void => {
      checksum = add(checksum, { start, end: last + GAP_MS, sales: counted });
      results++;
    };
    for (const { product, at } of sales) {
      const current = open.get(product);
      if (current === undefined) {
        open.set(product, { start: at, last: at, sales: 1 });
      } else if (at - current.last > GAP_MS) {
        close(current);
        current.start = at;
        current.last = at;
        current.sales = 1;
      } else {
        current.last = at;
        current.sales++;
      }
    }
    for (const current of open.values()) close(current);
    return { results, checksum };
  },

  build(source) {
    const job = pipeline("sessions");
    const out = checksumSink((checksum, { window, value }: WindowResult<string, number>) =>
      add(checksum, { start: window.start, end: window.end, sales: value }),
    );
    job
      .source("sales", source, { eventTime: (sale) => sale.at })
      .keyBy((sale) => sale.product)
      .window("sessions", session("30s"))
      .aggregate(count())
      .sink("out", out.sink);
    return { job, out };
  },
};

function add(
  checksum: number,
  { start, end, sales }: { readonly start: number; readonly end: number; readonly sales: number },
): number {
  return (checksum + (Math.imul(start | 0, sales) ^ Math.imul(end | 0, sales + 1))) | 0;
}
