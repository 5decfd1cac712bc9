import type { Row } from "../../state/row.ts";
import type { Span } from "./window-spans.ts";

/** Why a firing pauses: its share of work is used up or its results fill a batch; something has to be loaded first. */
export type FiringPause = "spent" | "waiting";

/** The rows of a span that are made results of now. */
export type RowsOf = (span: Span) => Iterable<Row>;

/** A window that is being fired, for what brings its rows into memory. */
export interface FiredSpans {
  /** Those of its spans that have accumulators, in the order of time. */
  readonly spans: readonly Span[];
  /** To be called for each piece of work: whether it was the last one for now. */
  isSpent(): boolean;
  /** Makes the results of some of its rows, all those of a key at once, and empties them. */
  fireRows(rowsOf: RowsOf): Generator<FiringPause, void>;
}
