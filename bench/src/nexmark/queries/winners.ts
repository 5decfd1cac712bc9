/** The bid that leads each auction, which queries 4, 6 and 9 have in common. */
import { mapState, type Stream, valueState } from "@tidemark/core";

import type { Auction, Bid, NexmarkEvent } from "../generator/model.ts";

/** Another bid leads an auction. */
export interface Lead {
  readonly auction: Auction;
  readonly before: Bid | undefined;
  readonly after: Bid;
}

const state = {
  auction: valueState<Auction | undefined>(),
  leader: valueState<Bid | undefined>(),
  /** Bids that came before their auction, in the order of their coming. */
  early: mapState<number, Bid>(),
  earlyCount: valueState(0),
};

/**
 * Emits each change of the leading bid: the highest price, and of those the earliest, among the bids from the opening of the
 * auction to its end, both included.
 */
export function leadsOf(events: Stream<NexmarkEvent>): Stream<Lead> {
  return events
    .filter(({ person }) => person === undefined)
    .keyBy(({ auction, bid }) => auction?.id ?? bid?.auction ?? 0)
    .process<Lead, typeof state>("leads", {
      state,
      onRecord(event, context) {
        const { auction, leader, early, earlyCount } = context.state;
        const offer = (open: Auction, bid: Bid): void => {
          const before = leader.get();
          if (!isInTime(open, bid) || (before !== undefined && !isBetter(bid, before))) return;
          leader.update(bid);
          context.emit({ auction: open, before, after: bid });
        };
        if (event.auction !== undefined) {
          auction.update(event.auction);
          for (const [, bid] of early.entries()) offer(event.auction, bid);
          early.clear();
          earlyCount.clear();
        } else if (event.bid !== undefined) {
          const open = auction.get();
          if (open !== undefined) offer(open, event.bid);
          else early.set(earlyCount.get(), event.bid);
          if (open === undefined) earlyCount.update(earlyCount.get() + 1);
        }
      },
    });
}

function isInTime({ dateTime, expires }: Auction, bid: Bid): boolean {
  return dateTime <= bid.dateTime && bid.dateTime <= expires;
}

function isBetter(bid: Bid, than: Bid): boolean {
  return bid.price > than.price || (bid.price === than.price && bid.dateTime < than.dateTime);
}
