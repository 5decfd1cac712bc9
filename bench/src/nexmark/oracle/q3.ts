import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const CATEGORY = 10;
const STATES: ReadonlySet<string> = new Set(["OR", "ID", "CA"]);

/**
 * Who sells things of category 10 in three states: all auctions joined with all people, whichever came first and
 * however long ago. Row: name, city, state of the seller, id of the auction.
 */
export function q3(log: EventLog): readonly Row[] {
  const people = new Map(log.people.filter(({ state }) => STATES.has(state)).map((person) => [person.id, person]));
  const rows: Row[] = [];
  for (const auction of log.auctions) {
    const seller = people.get(auction.seller);
    if (auction.category !== CATEGORY || seller === undefined) continue;
    rows.push([seller.name, seller.city, seller.state, auction.id]);
  }
  return rows;
}
