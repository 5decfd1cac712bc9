import { mapState, valueState } from "@tidemark/core";

import type { Person } from "../generator/model.ts";
import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";

const STATES: ReadonlySet<string> = new Set(["OR", "ID", "CA"]);

const state = {
  seller: valueState<Person | undefined>(),
  /** Auctions that came before their seller. */
  waiting: mapState<number, true>(),
};

/** Who sells things of category 10 in three states; auctions may come before their sellers. */
export const q3 = append((events) =>
  events
    .filter(({ person, auction }) => auction?.category === 10 || (person !== undefined && STATES.has(person.state)))
    .keyBy(({ person, auction }) => person?.id ?? auction?.seller ?? 0)
    .process<Row, typeof state>("sellers", {
      state,
      onRecord({ person, auction }, context) {
        const { seller, waiting } = context.state;
        const known = person ?? seller.get();
        if (person !== undefined) {
          seller.update(person);
          for (const [id] of waiting.entries()) context.emit([person.name, person.city, person.state, id]);
          waiting.clear();
        } else if (auction === undefined) {
          return;
        } else if (known === undefined) {
          waiting.set(auction.id, true);
        } else {
          context.emit([known.name, known.city, known.state, auction.id]);
        }
      },
    }),
);
