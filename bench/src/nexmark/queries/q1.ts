import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

/** Every bid with its price times 0.908. */
export const q1 = append((events) =>
  bidsOf(events).map(({ auction, bidder, price, dateTime, extra }) => {
    return [auction, bidder, timesRate(price), dateTime, extra];
  }),
);

/** A price times 0.908, taken in whole thousandths: the double next to the decimal. */
export function timesRate(price: number): number {
  return (price * 908) / 1000;
}
