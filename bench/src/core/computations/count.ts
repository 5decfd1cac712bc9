import { emits, type AnySource, type Pipeline, pipeline, valueState } from "@tidemark/core";

import { type ChecksumSink, checksumSink, type Tally, type Written } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";
import type { Sale } from "../sales.ts";

interface CountJob {
  readonly job: Pipeline;
  readonly out: ChecksumSink<number>;
}

/** How many sales of each product there have been. Every new count is a result: a number, so neither side allocates. */
export const count: Computation = {
  name: "count",

  loop: (sales) => countLoop(sales, sales.length),

  build: (source) => countJob(source),
};

/** The loop. @param results how many sales there are. */
export function countLoop(sales: Iterable<Sale>, results: number): Tally {
  const counts = new Map<string, number>();
  let checksum = 0;
  for (const sale of sales) {
    const next = (counts.get(sale.product) ?? 0) + 1;
    counts.set(sale.product, next);
    checksum = add(checksum, next);
  }
  return { results, checksum };
}

/**
 * The job.
 *
 * @param written Told of each batch of results, once it is in the sink. Default: nobody.
 */
export function countJob(source: AnySource<Sale, true>, written?: Written): CountJob {
  const job = pipeline("count");
  const out = checksumSink(add, written);
  job
    .source("sales", source)
    .keyBy((sale) => sale.product)
    .process("count", {
      state: { sales: valueState(0) },
      emits: emits<number>(),
      onRecord(_sale, context) {
        const next = context.state.sales.get() + 1;
        context.state.sales.update(next);
        context.emit(next);
      },
    })
    .sink("out", out.sink);
  return { job, out };
}

function add(checksum: number, next: number): number {
  return (checksum + Math.imul(next, next)) | 0;
}
