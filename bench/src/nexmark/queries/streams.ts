/** The three streams that the events of a run are made of. */
import type { Stream } from "@tidemark/core";

import type { Auction, Bid, NexmarkEvent, Person } from "../generator/model.ts";

/** The bids. */
export function bidsOf(events: Stream<NexmarkEvent>): Stream<Bid> {
  return events.filter((event) => event.bid !== undefined).map((event) => event.bid as Bid);
}

/** The auctions. */
export function auctionsOf(events: Stream<NexmarkEvent>): Stream<Auction> {
  return events.filter((event) => event.auction !== undefined).map((event) => event.auction as Auction);
}

/** The people. */
export function peopleOf(events: Stream<NexmarkEvent>): Stream<Person> {
  return events.filter((event) => event.person !== undefined).map((event) => event.person as Person);
}
