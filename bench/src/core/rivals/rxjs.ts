import { from, groupBy, map, mergeMap, scan } from "rxjs";

import type { Rival } from "./rival.ts";

/** RxJS 7: groups that are scanned, every new total pushed. */
export const rxjs: Rival = {
  name: "rxjs 7.8.2",
  salesMax: Infinity,
  run(sales) {
    const totals = new Map<string, number>();
    from(sales)
      .pipe(
        groupBy((sale) => sale.product),
        mergeMap((group) =>
          group.pipe(
            scan((total, sale) => total + sale.cents, 0),
            map((total): readonly [string, number] => [group.key, total]),
          ),
        ),
      )
      .subscribe(([product, total]) => totals.set(product, total));
    return totals;
  },
};
