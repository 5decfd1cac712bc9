import { pipeline, type WindowResult } from "@tidemark/core";
import { tumbling } from "@tidemark/core/windows";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";
import { addTotal, pay, paymentOf, type Total, total } from "./totals.ts";

const HOUR_MS = 3_600_000;

/** What each product brings in each hour, returns left out. The results of an hour come when it is over. */
export const hourlyTotal: Computation = {
  name: "hourly-total",

  loop(sales) {
    const totals = new Map<string, Total>();
    let results = 0;
    let checksum = 0;
    let hour = Number.NEGATIVE_INFINITY;
    const endHour = (): void => {
      for (const sum of totals.values()) checksum = addTotal(checksum, hour, sum);
      results += totals.size;
      totals.clear();
    };
    for (const { product, units, cents, at } of sales) {
      if (at >= hour + HOUR_MS) {
        endHour();
        hour = Math.floor(at / HOUR_MS) * HOUR_MS;
      }
      if (units <= 0) continue;
      pay(totals, product, units * cents);
    }
    endHour();
    return { results, checksum };
  },

  build(source) {
    const job = pipeline("hourly-total");
    const out = checksumSink((checksum, result: WindowResult<string, Total>) =>
      addTotal(checksum, result.window.start, result.value),
    );
    job
      .source("sales", source, { eventTime: (sale) => sale.at })
      .filter((sale) => sale.units > 0)
      .map(paymentOf)
      .keyBy((payment) => payment.product)
      .window("totals", tumbling("1h"))
      .aggregate(total)
      .sink("out", out.sink);
    return { job, out };
  },
};
