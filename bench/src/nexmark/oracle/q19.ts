import { groupBy } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { type Choice, firstAnswer, type TiedAnswer } from "./ties.ts";

const LIMIT = 10;

/**
 * The ten highest bids for each auction, numbered from the highest. Bids of the same price may have their numbers in
 * any order, and if they do not all fit any of them may be left out. Row: auction, bidder, price, channel, url,
 * dateTime, extra, and the number. The answer is the table at the end.
 */
export function q19Answers(log: EventLog): TiedAnswer {
  const choices: Choice[] = [];
  for (const bids of groupBy(log.bids, ({ auction }) => auction).values()) {
    const prices = groupBy(bids, ({ price }) => price);
    let taken = 0;
    for (const price of [...prices.keys()].toSorted((a, b) => b - a)) {
      if (taken === LIMIT) break;
      const candidates = prices.get(price)!.map(({ auction, bidder, price, channel, url, dateTime, extra }) => {
        return [auction, bidder, price, channel, url, dateTime, extra];
      });
      const take = Math.min(candidates.length, LIMIT - taken);
      choices.push({ candidates, take, firstRank: taken + 1 });
      taken += take;
    }
  }
  return { choices, ranked: true };
}

/** The answer that prefers, of bids of the same price, the one that came first. */
export function q19(log: EventLog): readonly Row[] {
  return firstAnswer(q19Answers(log));
}
