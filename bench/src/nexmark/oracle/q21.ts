import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const KNOWN: Readonly<Record<string, string>> = { apple: "0", google: "1", facebook: "2", baidu: "3" };
const IN_ADDRESS = /(?:&|^)channel_id=([^&]*)/;

/**
 * Every bid with the id of its channel: a fixed one for four names, whatever their case, else the one in its address.
 * Bids with neither are left out. Row: auction, bidder, price, channel, id of the channel.
 */
export function q21(log: EventLog): readonly Row[] {
  const rows: Row[] = [];
  for (const { auction, bidder, price, channel, url } of log.bids) {
    const name = channel.toLowerCase();
    const id = Object.hasOwn(KNOWN, name) ? KNOWN[name] : IN_ADDRESS.exec(url)?.[1];
    if (id !== undefined) rows.push([auction, bidder, price, channel, id]);
  }
  return rows;
}
