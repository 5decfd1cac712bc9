import { groupBy } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { firstAnswer, type TiedAnswer } from "./ties.ts";

/**
 * The last bid of each bidder for each auction, by its own time. Bids of the same time are equally good.
 * Row: auction, bidder, price, channel, url, dateTime, extra. The answer is the table at the end.
 */
export function q18Answers(log: EventLog): TiedAnswer {
  const groups = groupBy(log.bids, ({ bidder, auction }) => `${bidder} ${auction}`);
  const choices = [...groups.values()].map((bids) => {
    const latest = bids.reduce((time, bid) => Math.max(time, bid.dateTime), 0);
    const last = bids.filter(({ dateTime }) => dateTime === latest).toReversed();
    const candidates = last.map(({ auction, bidder, price, channel, url, dateTime, extra }) => {
      return [auction, bidder, price, channel, url, dateTime, extra];
    });
    return { candidates, take: 1 };
  });
  return { choices, ranked: false };
}

/** The answer that prefers, of bids of the same time, the one that came last. */
export function q18(log: EventLog): readonly Row[] {
  return firstAnswer(q18Answers(log));
}
