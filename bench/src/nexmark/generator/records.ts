/**
 * Makes the record of one event. Every event seeds the random numbers anew with its id, so that it depends on nothing
 * but its id and its time. The order of the draws is part of the data: it must not be changed.
 */
import { Channels } from "./channels.ts";
import { drawPrice, TextDraws } from "./draws.ts";
import { JavaRandom } from "./java-random.ts";
import type { Auction, Bid, Person } from "./model.ts";
import {
  anyAuction,
  anyPerson,
  EVENTS_IN_FLIGHT,
  FIRST_AUCTION,
  FIRST_PERSON,
  hotAuction,
  hotBidder,
  hotSeller,
  lastAuction,
  lastPerson,
} from "./numbering.ts";
import { timeAt, type Timeline } from "./timeline.ts";

const FIRST_NAMES = "Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter".split(" ");
const LAST_NAMES = "Shultz Abrams Spencer White Bartels Walton Smith Jones Noris".split(" ");
const CITIES = "Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne".split(",");
const STATES = "AZ CA ID OR WA WY".split(" ");

const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
const NUMBER_BYTES = 8;
const PERSON_BYTES = 200;
const AUCTION_BYTES = 500;
const BID_BYTES = 100;

/** Makes records; holds what the draws need. */
export class Records {
  readonly #timeline: Timeline;
  readonly #random = new JavaRandom();
  readonly #texts = new TextDraws(this.#random);
  readonly #channels = new Channels();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  person(id: number, number: number): Person {
    const random = this.#random;
    random.seed(id);
    const name = `${FIRST_NAMES[random.int(FIRST_NAMES.length)]} ${LAST_NAMES[random.int(LAST_NAMES.length)]}`;
    const emailAddress = `${this.#texts.text(7)}@${this.#texts.text(5)}.com`;
    const creditCard = `${this.#digits()} ${this.#digits()} ${this.#digits()} ${this.#digits()}`;
    const city = CITIES[random.int(CITIES.length)]!;
    const state = STATES[random.int(STATES.length)]!;
    const size = NUMBER_BYTES + name.length + emailAddress.length + creditCard.length + city.length + state.length;
    return {
      id: lastPerson(id) + FIRST_PERSON,
      name,
      emailAddress,
      creditCard,
      city,
      state,
      dateTime: timeAt(this.#timeline, number),
      extra: this.#extra(size, PERSON_BYTES),
    };
  }

  auction(id: number, number: number): Auction {
    const random = this.#random;
    random.seed(id);
    const dateTime = timeAt(this.#timeline, number);
    const seller = random.int(4) > 0 ? hotSeller(id) : anyPerson(id, random);
    const category = FIRST_CATEGORY + random.int(CATEGORIES);
    const initialBid = drawPrice(random);
    const horizonMs = timeAt(this.#timeline, number + EVENTS_IN_FLIGHT) - dateTime;
    const expires = dateTime + 1 + random.int(Math.max(2 * horizonMs, 1));
    const itemName = this.#texts.text(20);
    const description = this.#texts.text(100);
    const reserve = initialBid + drawPrice(random);
    const extra = this.#extra(6 * NUMBER_BYTES + itemName.length + description.length, AUCTION_BYTES);
    const auctionId = lastAuction(id) + FIRST_AUCTION;
    return { id: auctionId, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra };
  }

  bid(id: number, number: number): Bid {
    const random = this.#random;
    random.seed(id);
    const auction = random.int(2) > 0 ? hotAuction(id) : anyAuction(id, random);
    const bidder = random.int(4) > 0 ? hotBidder(id) : anyPerson(id, random);
    const price = drawPrice(random);
    const { channel, url } = this.#channels.get(this.#channels.slotOf(id));
    const dateTime = timeAt(this.#timeline, number);
    return { auction, bidder, price, channel, url, dateTime, extra: this.#extra(4 * NUMBER_BYTES, BID_BYTES) };
  }

  // It is always drawn last, so leaving it out changes nothing else.
  #extra(size: number, averageSize: number): string {
    return this.#timeline.extra ? this.#texts.extra(size, averageSize) : "";
  }

  #digits(): string {
    return String(this.#random.int(10_000)).padStart(4, "0");
  }
}
