import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

const SIDE_ROWS = 10_000;

/** The table to look things up in: the value of a key is the key as text. */
const SIDE: ReadonlyMap<number, string> = new Map(Array.from({ length: SIDE_ROWS }, (_, key) => [key, String(key)]));

/** Every bid with what a bounded table says of its auction. */
export const q13 = append((events) =>
  bidsOf(events).flatMap(({ auction, bidder, price, dateTime }): readonly Row[] => {
    const value = SIDE.get(auction % SIDE_ROWS);
    return value === undefined ? [] : [[auction, bidder, price, dateTime, value]];
  }),
);
