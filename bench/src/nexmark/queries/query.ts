/** What a query is: a function from the stream of events to the stream of its rows. */
import type { Stream } from "@tidemark/core";

import type { NexmarkEvent } from "../generator/model.ts";
import type { Row } from "../oracle/rows.ts";

/**
 * One change of a table that is kept up to date: a row that comes, or one that goes. The table is the sum of its changes,
 * whatever their order, so they may be written by several subtasks.
 */
export interface Change {
  readonly sign: 1 | -1;
  readonly row: Row;
}

/** A query whose rows stand for ever. */
export interface AppendQuery {
  readonly kind: "append";
  build(events: Stream<NexmarkEvent>): Stream<Row>;
}

/** A query whose answer is a table that changes. */
export interface UpdatingQuery {
  readonly kind: "updating";
  build(events: Stream<NexmarkEvent>): Stream<Change>;
}

/** Any query. */
export type Query = AppendQuery | UpdatingQuery;

/** A query whose rows stand for ever. */
export function append(build: AppendQuery["build"]): AppendQuery {
  return { kind: "append", build };
}

/** A query whose answer is a table that changes. */
export function updating(build: UpdatingQuery["build"]): UpdatingQuery {
  return { kind: "updating", build };
}
