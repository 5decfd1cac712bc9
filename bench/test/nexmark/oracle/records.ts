/** Records with only what a test is about. */
import type { Auction, Bid, NexmarkEvent, Person } from "../../../src/nexmark/generator/mod.ts";
import { collect, type EventLog } from "../../../src/nexmark/oracle/mod.ts";

/** A moment in all windows' good company: midnight, at which windows of any usual size begin. */
export const START: number = Date.UTC(2015, 6, 15);

export function person(fields: Partial<Person>): NexmarkEvent {
  const usual = { id: 1000, name: "Peter Jones", emailAddress: "a@b.com", creditCard: "0000 0000 0000 0000" };
  const place = { city: "Portland", state: "OR" };
  return { person: { ...usual, ...place, dateTime: START, extra: "", ...fields }, auction: undefined, bid: undefined };
}

export function auction(fields: Partial<Auction>): NexmarkEvent {
  const texts = { itemName: "hat", description: "a hat", extra: "old" };
  const numbers = { id: 1000, initialBid: 100, reserve: 200, dateTime: START, expires: START + 60_000 };
  return {
    person: undefined,
    auction: { ...texts, ...numbers, seller: 1000, category: 10, ...fields },
    bid: undefined,
  };
}

export function bid(fields: Partial<Bid>): NexmarkEvent {
  const usual = { auction: 1000, bidder: 1001, price: 500, channel: "Apple", url: "https://a/b/c/d/e?query=1" };
  return { person: undefined, auction: undefined, bid: { ...usual, dateTime: START, extra: "", ...fields } };
}

/** The events as the oracle reads them. */
export function log(...events: readonly NexmarkEvent[]): EventLog {
  return collect(events);
}
