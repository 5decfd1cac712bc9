/** The twelve numbers that queries 15 and 16 keep: bids, bidders and auctions, in all and by rank of price. */
import { mapState, type StateHandles } from "@tidemark/core";

import type { Bid } from "../generator/model.ts";

/** How many bids, bidders and auctions there are: of each in all, and then of each rank. */
export type Statistics = readonly number[];

/** Before the first bid. */
export const NONE: Statistics = Array.from({ length: 12 }, () => 0);

const BIDS = 0;
const BIDDERS = 4;
const AUCTIONS = 8;

/** Who has been counted already: in which ranks, as bits. */
export const seen = {
  seenBidders: mapState<number, number>(),
  seenAuctions: mapState<number, number>(),
};

type Seen = StateHandles<typeof seen>;

/** The statistics with one more bid. */
export function withBid(
  before: Statistics,
  { seenBidders, seenAuctions }: Seen,
  { bidder, auction, price }: Bid,
): Statistics {
  const rank = rankOf(price);
  const after = [...before];
  add(after, BIDS, rank, true);
  countOnce(after, BIDDERS, seenBidders, { id: bidder, rank });
  countOnce(after, AUCTIONS, seenAuctions, { id: auction, rank });
  return after;
}

/** Counts something in all if it is new, and in its rank if it is new there. */
function countOnce(
  counts: number[],
  first: number,
  found: Seen["seenBidders"],
  { id, rank }: { readonly id: number; readonly rank: number },
): void {
  const ranks = found.get(id) ?? 0;
  const bit = 1 << rank;
  if ((ranks & bit) !== 0) return;
  found.set(id, ranks | bit);
  add(counts, first, rank, ranks === 0);
}

function add(counts: number[], first: number, rank: number, inAll: boolean): void {
  if (inAll) counts[first]! += 1;
  counts[first + rank]! += 1;
}

/** Below a hundred dollars, below ten thousand, and the rest. */
export function rankOf(price: number): 1 | 2 | 3 {
  if (price < 10_000) return 1;
  return price < 1_000_000 ? 2 : 3;
}
