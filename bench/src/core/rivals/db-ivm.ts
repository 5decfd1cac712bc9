import { D2, groupBy, groupByOperators, MultiSet, output } from "@tanstack/db-ivm";

import type { Sale } from "../sales.ts";
import { batchesOf, type Rival } from "./rival.ts";

/** TanStack DB's incremental views: the dataflow without versions, a run for each batch. */
export const dbIvm: Rival = {
  name: "db-ivm 0.2.0",
  salesMax: 100_000,
  run(sales) {
    const totals = new Map<string, number>();
    const graph = new D2();
    const input = graph.newInput<Sale>();
    input.pipe(
      groupBy((sale) => ({ product: sale.product }), { total: groupByOperators.sum((sale: Sale) => sale.cents) }),
      output((changes) => {
        for (const [[, { product, total }], multiplicity] of changes.getInner()) {
          if (multiplicity > 0) totals.set(product, total);
        }
      }),
    );
    graph.finalize();
    for (const batch of batchesOf(sales)) {
      input.sendData(new MultiSet(batch));
      graph.run();
    }
    return totals;
  },
};
