/** The three kinds of records of an online auction, and the event that carries one of them. */

/** Someone who sells or bids. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  /** Event time, in milliseconds since 1970. */
  readonly dateTime: number;
  readonly extra: string;
}

/** Something that is for sale until `expires`. */
export interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  /** In cents. */
  readonly initialBid: number;
  /** In cents. */
  readonly reserve: number;
  /** Event time, in milliseconds since 1970. */
  readonly dateTime: number;
  /** In milliseconds since 1970. */
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

/** What somebody offers in an auction. */
export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  /** In cents. */
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  /** Event time, in milliseconds since 1970. */
  readonly dateTime: number;
  readonly extra: string;
}

/**
 * One record of any kind. All events have the same three fields, so that they share one hidden class, and exactly one
 * of them is set. `JSON.stringify` leaves out the other two.
 */
export type NexmarkEvent =
  | { readonly person: Person; readonly auction: undefined; readonly bid: undefined }
  | { readonly person: undefined; readonly auction: Auction; readonly bid: undefined }
  | { readonly person: undefined; readonly auction: undefined; readonly bid: Bid };

/** A sequence of events that can be read at any offset, any number of times, with the same answer. */
export interface NexmarkEvents {
  readonly length: number;
  /**
   * The event at `offset`.
   *
   * @throws {RangeError} if there is no such event.
   */
  at(offset: number): NexmarkEvent;
  /** A time that neither the event at `offset` nor a later one is below. */
  watermark(offset: number): number;
}

/** The event time of `event`, in milliseconds since 1970. */
export function timeOf(event: NexmarkEvent): number {
  if (event.bid !== undefined) return event.bid.dateTime;
  return event.auction === undefined ? event.person.dateTime : event.auction.dateTime;
}
