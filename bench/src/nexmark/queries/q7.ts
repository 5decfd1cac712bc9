import { mapState, valueState } from "@tidemark/core";

import type { Bid } from "../generator/model.ts";
import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

const SIZE_MS = 10_000;

interface Candidate {
  readonly start: number;
  readonly bid: Bid;
  /** A bid at the very end of a window belongs to the next one, and may still be a row of this one. */
  readonly isAtEnd: boolean;
}

const state = {
  highest: valueState(-1),
  best: mapState<number, Bid>(),
  atEnd: mapState<number, Bid>(),
  taken: valueState(0),
};

/** The highest bids of every ten seconds; the ends of a window are both part of it. */
export const q7 = append((events) =>
  bidsOf(events)
    .flatMap(candidatesOf)
    .keyBy(({ start }) => start)
    .process<Row, typeof state>("highest", {
      state,
      onRecord({ start, bid, isAtEnd }, context) {
        const { highest, best, atEnd, taken } = context.state;
        context.setEventTimer(start + SIZE_MS);
        if (isAtEnd) {
          atEnd.set(taken.get(), bid);
        } else if (bid.price >= highest.get()) {
          if (bid.price > highest.get()) best.clear();
          highest.update(bid.price);
          best.set(taken.get(), bid);
        } else {
          return;
        }
        taken.update(taken.get() + 1);
      },
      onTimer(_, context) {
        const { highest, best, atEnd, taken } = context.state;
        const price = highest.get();
        for (const [, bid] of best.entries()) context.emit(rowOf(bid));
        for (const [, bid] of atEnd.entries()) if (bid.price === price) context.emit(rowOf(bid));
        for (const each of [highest, best, atEnd, taken]) each.clear();
      },
    }),
);

function candidatesOf(bid: Bid): readonly Candidate[] {
  const start = Math.floor(bid.dateTime / SIZE_MS) * SIZE_MS;
  const own = { start, bid, isAtEnd: false };
  return bid.dateTime === start ? [own, { start: start - SIZE_MS, bid, isAtEnd: true }] : [own];
}

function rowOf({ auction, price, bidder, dateTime, extra }: Bid): Row {
  return [auction, price, bidder, dateTime, extra];
}
