import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

const KNOWN: ReadonlyMap<string, string> = new Map([
  ["apple", "0"],
  ["google", "1"],
  ["facebook", "2"],
  ["baidu", "3"],
]);
const IN_ADDRESS = /(?:&|^)channel_id=([^&]*)/;

/** Every bid with the id of its channel: of four names a fixed one, else the one in its address; without either it goes. */
export const q21 = append((events) =>
  bidsOf(events).flatMap(({ auction, bidder, price, channel, url }): readonly Row[] => {
    const id = KNOWN.get(channel.toLowerCase()) ?? IN_ADDRESS.exec(url)?.[1];
    return id === undefined ? [] : [[auction, bidder, price, channel, id]];
  }),
);
