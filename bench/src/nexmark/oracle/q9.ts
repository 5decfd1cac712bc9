import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { firstAnswer, type TiedAnswer } from "./ties.ts";
import { biddenAuctions, winnersOf } from "./winning.ts";

/**
 * The winning bid of each auction: the highest price, and of those the earliest, among the bids from its opening to its
 * end, both included; the reserve does not matter. Bids that are equal in price and time are equally good. Row: all ten
 * fields of the auction, then auction, bidder, price, dateTime, extra of the bid. The answer is the table at the end.
 */
export function q9Answers(log: EventLog): TiedAnswer {
  const choices = biddenAuctions(log).map((bidden) => {
    const { id, itemName, description, initialBid, reserve, dateTime, expires } = bidden.auction;
    const { seller, category, extra } = bidden.auction;
    const left = [id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra];
    const candidates = winnersOf(bidden).map((bid) => {
      return [...left, bid.auction, bid.bidder, bid.price, bid.dateTime, bid.extra];
    });
    return { candidates, take: 1 };
  });
  return { choices, ranked: false };
}

/** The answer that prefers, of equally good bids, the one that came first. */
export function q9(log: EventLog): readonly Row[] {
  return firstAnswer(q9Answers(log));
}
