import { mapState, valueState } from "@tidemark/core";

import { type Change, updating } from "./query.ts";
import { leadsOf } from "./winners.ts";

const LAST = 10;

interface Won {
  readonly price: number;
  readonly dateTime: number;
}

const state = {
  /** The winning bid of each auction. A bid that takes the lead may come from any time, so none can be forgotten. */
  won: mapState<number, Won>(),
  mean: valueState<number | undefined>(),
};

/** The mean of the last ten winning prices of each seller, without its fraction. */
export const q6 = updating((events) =>
  leadsOf(events)
    .map(({ auction, after }) => ({ seller: auction.seller, auction: auction.id, ...priceOf(after) }))
    .keyBy(({ seller }) => seller)
    .process<Change, typeof state>("means", {
      state,
      onRecord({ seller, auction, price, dateTime }, context) {
        const { won, mean } = context.state;
        won.set(auction, { price, dateTime });
        const before = mean.get();
        const after = meanOfLast([...won.entries()].map(([, bid]) => bid));
        if (before === after) return;
        mean.update(after);
        if (before !== undefined) context.emit({ sign: -1, row: [seller, before] });
        context.emit({ sign: 1, row: [seller, after] });
      },
    }),
);

function priceOf({ price, dateTime }: Won): Won {
  return { price, dateTime };
}

function meanOfLast(won: Won[]): number {
  const last = won.sort((a, b) => a.dateTime - b.dateTime || a.price - b.price).slice(-LAST);
  return Math.trunc(last.reduce((sum, { price }) => sum + price, 0) / last.length);
}
