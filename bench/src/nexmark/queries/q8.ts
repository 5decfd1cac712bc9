import { mapState, valueState } from "@tidemark/core";

import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";

const SIZE_MS = 10_000;

const state = {
  /** The names under which somebody registered in the window. */
  names: mapState<string, true>(),
  sells: valueState(false),
};

/** People who opened an auction in the same ten seconds in which they registered. */
export const q8 = append((events) =>
  events
    .filter(({ bid }) => bid === undefined)
    .map(({ person, auction }) => ({
      id: person?.id ?? auction?.seller ?? 0,
      name: person?.name,
      start: Math.floor((person ?? auction)!.dateTime / SIZE_MS) * SIZE_MS,
    }))
    .keyBy(({ id, start }) => [id, start] as const)
    .process<Row, typeof state>("newcomers", {
      state,
      onRecord({ id, name, start }, context) {
        const { names, sells } = context.state;
        context.setEventTimer(start + SIZE_MS - 1);
        if (name === undefined) {
          if (sells.get()) return;
          sells.update(true);
          for (const [known] of names.entries()) context.emit([id, known, start]);
        } else if (!names.has(name)) {
          names.set(name, true);
          if (sells.get()) context.emit([id, name, start]);
        }
      },
      onTimer(_, context) {
        context.state.names.clear();
        context.state.sells.clear();
      },
    }),
);
