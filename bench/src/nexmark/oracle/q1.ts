import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

/**
 * Every bid with its price times 0.908, which is a decimal of three digits. The product is taken in whole thousandths
 * and divided once, so it is the double next to that decimal and prints like it; `0.908 * price` is not always.
 * Row: auction, bidder, price, dateTime, extra.
 */
export function q1(log: EventLog): readonly Row[] {
  return log.bids.map(({ auction, bidder, price, dateTime, extra }) => {
    return [auction, bidder, inEuros(price), dateTime, extra];
  });
}

/** A price times 0.908. */
export function inEuros(price: number): number {
  return (price * 908) / 1000;
}
