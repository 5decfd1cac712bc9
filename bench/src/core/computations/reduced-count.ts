import { pipeline } from "@tidemark/core";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";

interface Count {
  readonly product: string;
  readonly sales: number;
}

/** How many sales of each product there have been. Every new count is a result that names its product. */
export const reducedCount: Computation = {
  name: "reduced-count",

  loop(sales) {
    const counts = new Map<string, Count>();
    let checksum = 0;
    for (const { product } of sales) {
      const next = { product, sales: (counts.get(product)?.sales ?? 0) + 1 };
      counts.set(product, next);
      checksum = add(checksum, next);
    }
    return { results: sales.length, checksum };
  },

  build(source) {
    const job = pipeline("reduced-count");
    const out = checksumSink(add);
    job
      .source("sales", source)
      .map(({ product }): Count => ({ product, sales: 1 }))
      .keyBy((entry) => entry.product)
      .reduce("count", (sum, entry) => ({ product: sum.product, sales: sum.sales + entry.sales }))
      .sink("out", out.sink);
    return { job, out };
  },
};

function add(checksum: number, { sales }: Count): number {
  return (checksum + Math.imul(sales, sales)) | 0;
}
