/** The twelve numbers that queries 15 and 16 keep: bids, bidders and auctions, in all and by rank of price. */
import { mapState, type StateHandles, valueState } from "@tidemark/core";

import type { Bid } from "../generator/model.ts";

/** How many there are in all and of each rank. */
type Counts = readonly [all: number, low: number, middle: number, high: number];

const NONE: Counts = [0, 0, 0, 0];

/** The numbers, and who has been counted already: in which ranks, as bits. */
export const statistics = {
  bids: valueState(NONE),
  bidders: valueState(NONE),
  auctions: valueState(NONE),
  seenBidders: mapState<number, number>(),
  seenAuctions: mapState<number, number>(),
};

type Statistics = StateHandles<typeof statistics>;

/** The twelve numbers. */
export function numbersOf({ bids, bidders, auctions }: Statistics): readonly number[] {
  return [...bids.get(), ...bidders.get(), ...auctions.get()];
}

/** Counts one more bid. */
export function count(state: Statistics, { bidder, auction, price }: Bid): void {
  const rank = rankOf(price);
  state.bids.update(oneMore(state.bids.get(), true, rank));
  countOnce(state.seenBidders, state.bidders, bidder, rank);
  countOnce(state.seenAuctions, state.auctions, auction, rank);
}

/** Counts something in all if it is new, and in its rank if it is new there. */
function countOnce(seen: Statistics["seenBidders"], counts: Statistics["bidders"], id: number, rank: 1 | 2 | 3): void {
  const ranks = seen.get(id) ?? 0;
  const bit = 1 << rank;
  if ((ranks & bit) !== 0) return;
  seen.set(id, ranks | bit);
  counts.update(oneMore(counts.get(), ranks === 0, rank));
}

function oneMore(counts: Counts, inAll: boolean, rank: 1 | 2 | 3): Counts {
  const [all, low, middle, high] = counts;
  return [
    all + (inAll ? 1 : 0),
    low + (rank === 1 ? 1 : 0),
    middle + (rank === 2 ? 1 : 0),
    high + (rank === 3 ? 1 : 0),
  ];
}

/** Below a hundred dollars, below ten thousand, and the rest. */
export function rankOf(price: number): 1 | 2 | 3 {
  if (price < 10_000) return 1;
  return price < 1_000_000 ? 2 : 3;
}
