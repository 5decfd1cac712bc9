import { pipeline, valueState } from "@tidemark/core";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";

/**
 * How many sales of each product there have been, and how many were given back, in one step that reads both streams: each
 * barrier waits there until it has come by both. Which of the two streams is ahead changes no result.
 */
export const twoInputs: Computation = {
  name: "two-inputs",

  loop(all) {
    const sales = new Map<string, number>();
    const returns = new Map<string, number>();
    let results = 0;
    let checksum = 0;
    const countIn = (counts: Map<string, number>, product: string, sign: 1 | -1): void => {
      const next = (counts.get(product) ?? 0) + 1;
      counts.set(product, next);
      checksum = add(checksum, sign * next);
      results++;
    };
    for (const { product, units } of all) {
      countIn(sales, product, 1);
      if (units < 0) countIn(returns, product, -1);
    }
    return { results, checksum };
  },

  build(sales, returns) {
    const job = pipeline("two-inputs");
    const out = checksumSink(add);
    job
      .source("sales", sales)
      .keyBy(({ product }) => product)
      .connect(job.source("returns", returns).keyBy(({ product }) => product))
      .process<
        number,
        { sales: ReturnType<typeof valueState<number>>; returns: ReturnType<typeof valueState<number>> }
      >("counts", {
        state: { sales: valueState(0), returns: valueState(0) },
        onLeft(_sale, { state, emit }) {
          const next = state.sales.get() + 1;
          state.sales.update(next);
          emit(next);
        },
        onRight(_sale, { state, emit }) {
          const next = state.returns.get() + 1;
          state.returns.update(next);
          emit(-next);
        },
      })
      .sink("out", out.sink);
    return { job, out };
  },
};

function add(checksum: number, next: number): number {
  return (checksum + Math.imul(next, next + 7)) | 0;
}
