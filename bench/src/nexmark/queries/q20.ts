import { mapState, valueState } from "@tidemark/core";

import type { Auction, Bid } from "../generator/model.ts";
import type { Row } from "../oracle/rows.ts";
import { bidRow } from "./bid-row.ts";
import { append } from "./query.ts";

const CATEGORY = 10;

const state = {
  auction: valueState<Auction | undefined>(),
  /** Bids that came before their auction, in the order of their coming. */
  early: mapState<number, Bid>(),
  earlyCount: valueState(0),
};

/** Every bid for an auction of category 10, with its auction, whichever came first. */
export const q20 = append((events) =>
  events
    .filter(({ person }) => person === undefined)
    .keyBy(({ auction, bid }) => auction?.id ?? bid?.auction ?? 0)
    .process<Row, typeof state>("expanded", {
      state,
      onRecord(event, context) {
        const { auction, early, earlyCount } = context.state;
        if (event.auction !== undefined) {
          auction.update(event.auction);
          if (event.auction.category === CATEGORY) {
            for (const [, bid] of early.entries()) context.emit(rowOf(bid, event.auction));
          }
          early.clear();
          earlyCount.clear();
        } else if (event.bid !== undefined) {
          const open = auction.get();
          if (open?.category === CATEGORY) context.emit(rowOf(event.bid, open));
          if (open !== undefined) return;
          early.set(earlyCount.get(), event.bid);
          earlyCount.update(earlyCount.get() + 1);
        }
      },
    }),
);

function rowOf(bid: Bid, auction: Auction): Row {
  const { itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra } = auction;
  return [...bidRow(bid), itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra];
}
