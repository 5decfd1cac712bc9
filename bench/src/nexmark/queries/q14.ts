import { timesRate } from "./q1.ts";
import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { hourOf } from "./utc.ts";

/** Bids in a range of prices, with the part of the day they were made in and how often the letter c is in their extra. */
export const q14 = append((events) =>
  bidsOf(events)
    .filter(({ price }) => price * 908 > 1_000_000_000 && price * 908 < 50_000_000_000)
    .map(({ auction, bidder, price, dateTime, extra }) => {
      return [auction, bidder, timesRate(price), partOfDay(hourOf(dateTime)), dateTime, extra, lettersC(extra)];
    }),
);

function partOfDay(hour: number): string {
  if (hour >= 8 && hour <= 18) return "dayTime";
  return hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
}

function lettersC(text: string): number {
  let count = 0;
  for (let at = text.indexOf("c"); at >= 0; at = text.indexOf("c", at + 1)) count++;
  return count;
}
