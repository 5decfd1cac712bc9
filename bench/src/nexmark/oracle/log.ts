/** What the oracle reads: everything that happened, sorted by kind, in the order of its arrival. */
import type { Auction, Bid, NexmarkEvent, Person } from "../generator/model.ts";
import { timeOf } from "../generator/model.ts";

/** All records of a run. */
export interface EventLog {
  readonly people: readonly Person[];
  readonly auctions: readonly Auction[];
  readonly bids: readonly Bid[];
  /** When each bid arrived, in milliseconds since 1970. Only query 12 asks. */
  readonly arrivals: readonly number[];
}

/** Anything that has events by offset: an array of them, or what the generator makes. */
export interface EventSequence {
  readonly length: number;
  at(offset: number): NexmarkEvent | undefined;
}

/**
 * Sorts events by kind.
 *
 * @param arrivalOf the virtual clock: when the event at an offset arrives. By default it arrives at its own time.
 */
export function collect(
  events: EventSequence,
  arrivalOf: (offset: number, event: NexmarkEvent) => number = (_, event) => timeOf(event),
): EventLog {
  const people: Person[] = [];
  const auctions: Auction[] = [];
  const bids: Bid[] = [];
  const arrivals: number[] = [];
  for (let offset = 0; offset < events.length; offset++) {
    const event = events.at(offset)!;
    if (event.person !== undefined) people.push(event.person);
    if (event.auction !== undefined) auctions.push(event.auction);
    if (event.bid === undefined) continue;
    bids.push(event.bid);
    arrivals.push(arrivalOf(offset, event));
  }
  return { people, auctions, bids, arrivals };
}
