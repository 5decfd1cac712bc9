import type { EventLog } from "./log.ts";
import { inEuros } from "./q1.ts";
import type { Row } from "./rows.ts";

/**
 * Bids whose price times 0.908 is above 1,000,000 and below 50,000,000, with the part of the day in UTC they were made
 * in and with how often the letter c is in their extra. Both bounds are compared in thousandths, without rounding.
 * Row: auction, bidder, price, part of the day, dateTime, extra, count.
 */
export function q14(log: EventLog): readonly Row[] {
  return log.bids
    .filter(({ price }) => price * 908 > 1_000_000_000 && price * 908 < 50_000_000_000)
    .map(({ auction, bidder, price, dateTime, extra }) => {
      return [auction, bidder, inEuros(price), partOfDay(dateTime), dateTime, extra, extra.split("c").length - 1];
    });
}

/** From eight until before seven in the evening it is day, from eight in the evening until before seven night. */
export function partOfDay(time: number): "dayTime" | "nightTime" | "otherTime" {
  const hour = new Date(time).getUTCHours();
  if (hour >= 8 && hour <= 18) return "dayTime";
  return hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
}
