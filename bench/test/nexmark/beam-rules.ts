/** Two queries by the rules of Apache Beam, only to compare our data with the numbers that it prints. */
import { groupBy, windowStart } from "../../src/nexmark/oracle/groups.ts";
import type { EventLog } from "../../src/nexmark/oracle/mod.ts";

const WINDOW_MS = 10_000;

/** Query 8: all pairs of a person and an auction of theirs in the same window, where SQL asks for the person once. */
export function beamNewUsers(log: EventLog): number {
  const people = groupBy(log.people, ({ id, dateTime }) => `${id} ${windowStart(dateTime, WINDOW_MS)}`);
  return log.auctions.reduce((pairs, { seller, dateTime }) => {
    return pairs + (people.get(`${seller} ${windowStart(dateTime, WINDOW_MS)}`)?.length ?? 0);
  }, 0);
}

/**
 * Query 9: auctions with a bid of at least the reserve before the end, the end excluded. A bid may have been made
 * before the auction was opened.
 */
export function beamWinningBids(log: EventLog): number {
  const bidsOf = groupBy(log.bids, ({ auction }) => auction);
  return log.auctions.filter(({ id, reserve, expires }) =>
    (bidsOf.get(id) ?? []).some(({ price, dateTime }) => price >= reserve && dateTime < expires),
  ).length;
}
