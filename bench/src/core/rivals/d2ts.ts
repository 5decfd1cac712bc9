import { D2, groupBy, groupByOperators, MultiSet, output } from "@electric-sql/d2ts";

import type { Sale } from "../sales.ts";
import { batchesOf, type Rival } from "./rival.ts";

/** D2TS: differential dataflow; each batch is a version. */
export const d2ts: Rival = {
  name: "d2ts 0.1.8",
  salesMax: 50_000,
  run(sales) {
    const totals = new Map<string, number>();
    const graph = new D2({ initialFrontier: 0 });
    const input = graph.newInput<Sale>();
    input.pipe(
      groupBy((sale) => ({ product: sale.product }), { total: groupByOperators.sum((sale: Sale) => sale.cents) }),
      output((message) => {
        if (!("collection" in message.data)) return;
        for (const [[, { product, total }], multiplicity] of message.data.collection.getInner()) {
          if (multiplicity > 0) totals.set(product, total);
        }
      }),
    );
    graph.finalize();
    let version = 0;
    for (const batch of batchesOf(sales)) {
      input.sendData(version, new MultiSet(batch));
      input.sendFrontier(++version);
      graph.run();
    }
    return totals;
  },
};
