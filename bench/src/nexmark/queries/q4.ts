import { valueState } from "@tidemark/core";

import { type Change, updating } from "./query.ts";
import { leadsOf } from "./winners.ts";

const state = { total: valueState({ sum: 0, auctions: 0 }) };

/** The mean of the highest bids of the auctions of each category, without its fraction. */
export const q4 = updating((events) =>
  leadsOf(events)
    .filter(({ before, after }) => before?.price !== after.price)
    .map(({ auction, before, after }) => ({
      category: auction.category,
      more: after.price - (before?.price ?? 0),
      isNew: before === undefined,
    }))
    .keyBy(({ category }) => category)
    .process<Change, typeof state>("means", {
      state,
      onRecord({ category, more, isNew }, context) {
        const { total } = context.state;
        const { sum, auctions } = total.get();
        const next = { sum: sum + more, auctions: auctions + (isNew ? 1 : 0) };
        total.update(next);
        if (auctions > 0) context.emit({ sign: -1, row: [category, Math.trunc(sum / auctions)] });
        context.emit({ sign: 1, row: [category, Math.trunc(next.sum / next.auctions)] });
      },
    }),
);
