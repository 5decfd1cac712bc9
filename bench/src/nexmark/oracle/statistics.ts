/** The twelve numbers that queries 15 and 16 ask for. */
import type { Bid } from "../generator/model.ts";

/** The three ranks of prices: below a hundred dollars, below ten thousand, and the rest. */
export function rankOf(price: number): 1 | 2 | 3 {
  if (price < 10_000) return 1;
  return price < 1_000_000 ? 2 : 3;
}

/** `count` of all bids and of those of each rank. */
export function byRank(bids: readonly Bid[], count: (bids: readonly Bid[]) => number): readonly number[] {
  const ofRank = (rank: number): readonly Bid[] => bids.filter((bid) => rankOf(bid.price) === rank);
  return [count(bids), count(ofRank(1)), count(ofRank(2)), count(ofRank(3))];
}

/** How many bids there are, how many different bidders, how many different auctions: each in all and by rank. */
export function statisticsOf(bids: readonly Bid[]): readonly number[] {
  return [
    ...byRank(bids, (some) => some.length),
    ...byRank(bids, (some) => new Set(some.map((bid) => bid.bidder)).size),
    ...byRank(bids, (some) => new Set(some.map((bid) => bid.auction)).size),
  ];
}
