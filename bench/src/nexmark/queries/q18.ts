import { valueState } from "@tidemark/core";

import type { Bid } from "../generator/model.ts";
import { bidRow } from "./bid-row.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";

const state = { last: valueState<Bid | undefined>() };

/** The last bid of each bidder for each auction, by its own time; of the same time, the one that came last. */
export const q18 = updating((events) =>
  bidsOf(events)
    .keyBy(({ bidder, auction }) => [bidder, auction] as const)
    .process<Change, typeof state>("last", {
      state,
      onRecord(bid, context) {
        const { last } = context.state;
        const before = last.get();
        if (before !== undefined && bid.dateTime < before.dateTime) return;
        last.update(bid);
        if (before !== undefined) context.emit({ sign: -1, row: bidRow(before) });
        context.emit({ sign: 1, row: bidRow(bid) });
      },
    }),
);
