/** A query as a job: events in, rows or changes out. */
import { type Duration, type Pipeline, pipeline, type Sink, type Source, type SourceSplit } from "@tidemark/core";

import { type NexmarkEvent, timeOf } from "../generator/mod.ts";
import type { QueryName, Row } from "../oracle/mod.ts";
import { type Change, QUERIES } from "../queries/mod.ts";

/** A row that a query gives for ever, or a change of its table: the sign and the row. */
export type Output = Row | readonly [sign: 1 | -1, row: Row];

/** What the job is connected to. */
export interface Ends {
  readonly events: Source<NexmarkEvent, SourceSplit, unknown, true>;
  readonly outOfOrder: Duration;
  readonly rows: Sink<Output, unknown, "exactly-once">;
}

/** The job of a query. */
export function nexmarkJob(name: QueryName, { events, outOfOrder, rows }: Ends): Pipeline {
  const query = QUERIES[name];
  const job = pipeline(`nexmark-${name}`, { guarantee: "exactly-once" });
  const stream = job.source("events", events, { eventTime: timeOf, outOfOrder });
  if (query.kind === "append") query.build(stream).sink("rows", rows);
  else query.build(stream).map(signed).sink("rows", rows);
  return job;
}

function signed({ sign, row }: Change): Output {
  return [sign, row];
}
