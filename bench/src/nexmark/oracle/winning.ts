/** The winning bids, which queries 4, 6 and 9 have in common. */
import type { Auction, Bid } from "../generator/model.ts";
import { groupBy } from "./groups.ts";
import type { EventLog } from "./log.ts";

/** An auction with the bids that count for it. */
export interface BiddenAuction {
  readonly auction: Auction;
  /** In the order of their arrival; never empty. */
  readonly bids: readonly Bid[];
}

/**
 * Each auction that got a bid in time: from the moment it opens to the moment it expires, both included. What the
 * seller wanted at least is not asked for. A bid may arrive before its auction does.
 */
export function biddenAuctions(log: EventLog): readonly BiddenAuction[] {
  const bidsOf = groupBy(log.bids, (bid) => bid.auction);
  return log.auctions.flatMap((auction) => {
    const bids = (bidsOf.get(auction.id) ?? []).filter(
      (bid) => auction.dateTime <= bid.dateTime && bid.dateTime <= auction.expires,
    );
    return bids.length === 0 ? [] : [{ auction, bids }];
  });
}

/** The bids that won: the highest price, and of those the earliest. More than one only if both are equal. */
export function winnersOf({ bids }: BiddenAuction): readonly Bid[] {
  let winners: Bid[] = [];
  for (const bid of bids) {
    const best = winners[0];
    const above = best === undefined ? 1 : bid.price - best.price || best.dateTime - bid.dateTime;
    if (above > 0) winners = [bid];
    else if (above === 0) winners.push(bid);
  }
  return winners;
}
