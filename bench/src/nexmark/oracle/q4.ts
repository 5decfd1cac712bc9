import { groupBy, wholeMean } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { biddenAuctions } from "./winning.ts";

/**
 * The mean of the highest bids of the auctions of each category, without its fraction. Bids count from the opening of
 * the auction to its end, both included; the reserve does not matter. Auctions without such a bid do not count.
 * Row: category, mean. The answer is the table at the end.
 */
export function q4(log: EventLog): readonly Row[] {
  const finals = biddenAuctions(log).map(({ auction, bids }) => ({
    category: auction.category,
    price: bids.reduce((highest, bid) => Math.max(highest, bid.price), 0),
  }));
  const byCategory = groupBy(finals, ({ category }) => category);
  return [...byCategory].map(([category, all]) => [category, wholeMean(all.map(({ price }) => price))]);
}
