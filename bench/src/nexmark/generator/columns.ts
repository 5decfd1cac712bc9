/**
 * Events made once and kept in columns, for runs that are to measure an engine and not the generator. An event read
 * from them costs little more than its objects. Channels and addresses are few: each pair is kept once, by number.
 */
import type { Channel } from "./channels.ts";
import type { Auction, Bid, NexmarkEvent, NexmarkEvents, Person } from "./model.ts";
import { requireOffset } from "./nexmark.ts";

const PERSON = 0;
const AUCTION = 1;
const BID = 2;

/** The bids, one array for each field. */
class BidColumns {
  readonly #auctions: Float64Array;
  readonly #bidders: Float64Array;
  readonly #prices: Float64Array;
  readonly #times: Float64Array;
  readonly #slots: Uint32Array;
  readonly #channels: Channel[] = [];
  readonly #slotOf = new Map<string, number>();
  readonly #extras: string[] = [];

  constructor(count: number) {
    this.#auctions = new Float64Array(count);
    this.#bidders = new Float64Array(count);
    this.#prices = new Float64Array(count);
    this.#times = new Float64Array(count);
    this.#slots = new Uint32Array(count);
  }

  set(row: number, bid: Bid): void {
    this.#auctions[row] = bid.auction;
    this.#bidders[row] = bid.bidder;
    this.#prices[row] = bid.price;
    this.#times[row] = bid.dateTime;
    this.#slots[row] = this.#slot(bid);
    this.#extras[row] = bid.extra;
  }

  #slot({ channel, url }: Bid): number {
    const pair = `${channel}\n${url}`;
    let slot = this.#slotOf.get(pair);
    if (slot === undefined) {
      slot = this.#channels.push({ channel, url }) - 1;
      this.#slotOf.set(pair, slot);
    }
    return slot;
  }

  get(row: number): Bid {
    const { channel, url } = this.#channels[this.#slots[row]!]!;
    return {
      auction: this.#auctions[row]!,
      bidder: this.#bidders[row]!,
      price: this.#prices[row]!,
      channel,
      url,
      dateTime: this.#times[row]!,
      extra: this.#extras[row]!,
    };
  }
}

/** Events in columns; people and auctions, one event in twelve, are kept as they are. */
class Columns implements NexmarkEvents {
  readonly length: number;
  readonly #kinds: Uint8Array;
  readonly #rows: Uint32Array;
  readonly #watermarks: Float64Array;
  readonly #people: Person[] = [];
  readonly #auctions: Auction[] = [];
  readonly #bids: BidColumns;

  constructor(events: NexmarkEvents) {
    this.length = events.length;
    this.#kinds = new Uint8Array(events.length);
    this.#rows = new Uint32Array(events.length);
    this.#watermarks = new Float64Array(events.length);
    this.#bids = new BidColumns(events.length);
    let bids = 0;
    for (let offset = 0; offset < events.length; offset++) {
      const { person, auction, bid } = events.at(offset);
      this.#watermarks[offset] = events.watermark(offset);
      if (bid !== undefined) {
        this.#kinds[offset] = BID;
        this.#rows[offset] = bids;
        this.#bids.set(bids++, bid);
      } else if (auction !== undefined) {
        this.#kinds[offset] = AUCTION;
        this.#rows[offset] = this.#auctions.push(auction) - 1;
      } else {
        this.#kinds[offset] = PERSON;
        this.#rows[offset] = this.#people.push(person) - 1;
      }
    }
  }

  at(offset: number): NexmarkEvent {
    requireOffset(offset, this.length);
    const row = this.#rows[offset]!;
    const kind = this.#kinds[offset]!;
    if (kind === BID) return { person: undefined, auction: undefined, bid: this.#bids.get(row) };
    if (kind === AUCTION) return { person: undefined, auction: this.#auctions[row]!, bid: undefined };
    return { person: this.#people[row]!, auction: undefined, bid: undefined };
  }

  watermark(offset: number): number {
    requireOffset(offset, this.length);
    return this.#watermarks[offset]!;
  }
}

/** The same events, made now and kept: about 60 bytes for each, and the texts. */
export function materialise(events: NexmarkEvents): NexmarkEvents {
  return new Columns(events);
}
