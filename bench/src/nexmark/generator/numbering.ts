/**
 * Which event has which kind and which id. Events come in rounds of fifty: one person, three auctions, 46 bids. So the
 * number of people and auctions that exist at an event follows from its id alone, and nothing has to be remembered.
 */
import type { JavaRandom } from "./java-random.ts";

/** Ids of people start here. */
export const FIRST_PERSON = 1000;
/** Ids of auctions start here. */
export const FIRST_AUCTION = 1000;
/** People, auctions and bids of one round. */
export const ROUND: number = 50;

const PEOPLE = 1;
const AUCTIONS = 3;
const ACTIVE_PEOPLE = 1000;
const HOT_STRIDE = 100;
/** Bids and auctions may name people and auctions that are this far in the future. */
const LEAD = 10;

/** How many auctions are open at a time. */
export const AUCTIONS_IN_FLIGHT = 100;
/** After how many events as many auctions are opened as are in flight. */
export const EVENTS_IN_FLIGHT: number = Math.floor((AUCTIONS_IN_FLIGHT * ROUND) / AUCTIONS);

/** The kind of the event with this id. */
export function kindOf(id: number): "person" | "auction" | "bid" {
  const place = id % ROUND;
  if (place < PEOPLE) return "person";
  return place < PEOPLE + AUCTIONS ? "auction" : "bid";
}

/** The number of the newest person at the event with this id, counted from 0. */
export function lastPerson(id: number): number {
  return Math.floor(id / ROUND) * PEOPLE + Math.min(id % ROUND, PEOPLE - 1);
}

/** The number of the newest auction at the event with this id, counted from 0; -1 if there is none. */
export function lastAuction(id: number): number {
  const round = Math.floor(id / ROUND);
  const place = id % ROUND;
  if (place < PEOPLE) return round * AUCTIONS - 1;
  return round * AUCTIONS + Math.min(place - PEOPLE, AUCTIONS - 1);
}

/** The seller that most auctions of this time have. */
export function hotSeller(id: number): number {
  return Math.floor(lastPerson(id) / HOT_STRIDE) * HOT_STRIDE + FIRST_PERSON;
}

/** The bidder that most bids of this time have: another person than the hot seller. */
export function hotBidder(id: number): number {
  return hotSeller(id) + 1;
}

/** The auction that half of the bids of this time are for. */
export function hotAuction(id: number): number {
  return Math.floor(lastAuction(id) / HOT_STRIDE) * HOT_STRIDE + FIRST_AUCTION;
}

/** Any of the people who are active, or soon will be. */
export function anyPerson(id: number, random: JavaRandom): number {
  const people = lastPerson(id) + 1;
  const active = Math.min(people, ACTIVE_PEOPLE);
  return people - active + random.int(active + LEAD) + FIRST_PERSON;
}

/** Any of the auctions that are open, or soon will be. */
export function anyAuction(id: number, random: JavaRandom): number {
  const last = lastAuction(id);
  const first = Math.max(last - AUCTIONS_IN_FLIGHT, 0);
  return first + random.int(last - first + 1 + LEAD) + FIRST_AUCTION;
}
