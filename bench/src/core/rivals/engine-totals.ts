import { type AnySource, type Pipeline, pipeline, valueState } from "@tidemark/core";

import { type ChecksumSink, checksumSink } from "../checksum-sink.ts";
import type { Sale } from "../sales.ts";
import type { Totals } from "./rival.ts";

/** The same totals as a job of ours: every new total is a result. */
export function engineTotals(source: AnySource<Sale, true>): {
  readonly job: Pipeline;
  readonly out: ChecksumSink<number>;
} {
  const job = pipeline("totals");
  const out = checksumSink(addTotal);
  job
    .source("sales", source)
    .keyBy((sale) => sale.product)
    .process<number, { total: ReturnType<typeof valueState<number>> }>("totals", {
      state: { total: valueState(0) },
      onRecord(sale, context) {
        const next = context.state.total.get() + sale.cents;
        context.state.total.update(next);
        context.emit(next);
      },
    })
    .sink("out", out.sink);
  return { job, out };
}

/** The same totals by hand, and the checksum of all of them on the way. */
export function loopTotals(sales: readonly Sale[]): { readonly totals: Totals; readonly checksum: number } {
  const totals = new Map<string, number>();
  let checksum = 0;
  for (const { product, cents } of sales) {
    const next = (totals.get(product) ?? 0) + cents;
    totals.set(product, next);
    checksum = addTotal(checksum, next);
  }
  return { totals, checksum };
}

function addTotal(checksum: number, next: number): number {
  return (checksum + Math.imul(next, next)) | 0;
}
