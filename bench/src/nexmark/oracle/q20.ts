import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const CATEGORY = 10;

/**
 * Every bid for an auction of category 10, with its auction, whichever came first and whether or not it was in time.
 * Row: auction, bidder, price, channel, url, dateTime, extra of the bid, then itemName, description, initialBid,
 * reserve, dateTime, expires, seller, category, extra of the auction.
 */
export function q20(log: EventLog): readonly Row[] {
  const auctions = new Map(log.auctions.filter((each) => each.category === CATEGORY).map((each) => [each.id, each]));
  const rows: Row[] = [];
  for (const { auction: id, bidder, price, channel, url, dateTime, extra } of log.bids) {
    const auction = auctions.get(id);
    if (auction === undefined) continue;
    const { itemName, description, initialBid, reserve, expires, seller, category } = auction;
    const left = [id, bidder, price, channel, url, dateTime, extra];
    const right = [itemName, description, initialBid, reserve, auction.dateTime, expires, seller, category];
    rows.push([...left, ...right, auction.extra]);
  }
  return rows;
}
