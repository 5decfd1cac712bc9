import { valueState } from "@tidemark/core";

import type { Row } from "../oracle/rows.ts";
import { rankOf } from "./daily-statistics.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { dayOf } from "./utc.ts";

interface Prices {
  readonly bids: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly least: number;
  readonly most: number;
  readonly sum: number;
}

const NONE: Prices = { bids: 0, low: 0, middle: 0, high: 0, least: Infinity, most: -Infinity, sum: 0 };

const state = { prices: valueState(NONE) };

/** The bids for each auction on each day: how many in all and by rank of price, and what prices there were. */
export const q17 = updating((events) =>
  bidsOf(events)
    .keyBy(({ auction, dateTime }) => [auction, dayOf(dateTime)] as const)
    .process<Change, typeof state>("prices", {
      state,
      onRecord({ price }, context) {
        const { prices } = context.state;
        const before = prices.get();
        const after = withPrice(before, price);
        prices.update(after);
        if (before.bids > 0) context.emit({ sign: -1, row: rowOf(context.key, before) });
        context.emit({ sign: 1, row: rowOf(context.key, after) });
      },
    }),
);

function withPrice(prices: Prices, price: number): Prices {
  const rank = rankOf(price);
  return {
    bids: prices.bids + 1,
    low: prices.low + (rank === 1 ? 1 : 0),
    middle: prices.middle + (rank === 2 ? 1 : 0),
    high: prices.high + (rank === 3 ? 1 : 0),
    least: Math.min(prices.least, price),
    most: Math.max(prices.most, price),
    sum: prices.sum + price,
  };
}

function rowOf([auction, day]: readonly [number, string], prices: Prices): Row {
  const { bids, low, middle, high, least, most, sum } = prices;
  return [auction, day, bids, low, middle, high, least, most, Math.trunc(sum / bids), sum];
}
