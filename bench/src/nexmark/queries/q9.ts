import type { Auction, Bid } from "../generator/model.ts";
import type { Row } from "../oracle/rows.ts";
import { updating } from "./query.ts";
import { leadsOf } from "./winners.ts";

/** The winning bid of each auction. */
export const q9 = updating((events) =>
  leadsOf(events).flatMap(({ auction, before, after }) => {
    const come = { sign: 1, row: rowOf(auction, after) } as const;
    return before === undefined ? [come] : [{ sign: -1, row: rowOf(auction, before) } as const, come];
  }),
);

function rowOf(auction: Auction, bid: Bid): Row {
  const { id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra } = auction;
  const left = [id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra];
  return [...left, bid.auction, bid.bidder, bid.price, bid.dateTime, bid.extra];
}
