import { windowStart } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const SIZE_MS = 10_000;

/**
 * People who opened an auction in the same ten seconds in which they registered. Several auctions of one person make
 * one row. Row: id, name, start of the window.
 */
export function q8(log: EventLog): readonly Row[] {
  const sellers = new Set(log.auctions.map(({ seller, dateTime }) => `${seller} ${windowStart(dateTime, SIZE_MS)}`));
  const rows = new Map<string, Row>();
  for (const { id, name, dateTime } of log.people) {
    const start = windowStart(dateTime, SIZE_MS);
    if (sellers.has(`${id} ${start}`)) rows.set(JSON.stringify([id, name, start]), [id, name, start]);
  }
  return [...rows.values()];
}
