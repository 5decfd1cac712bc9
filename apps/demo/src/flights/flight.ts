/**
 * What flows through the demonstration: a flight goes in, one row per airport and hour comes out.
 *
 * @module
 */

/** One flight, as one line of the feed. */
export interface Flight {
  /** Number of its row in the data set, from 0. Some flights repeat exactly: only the row number tells them apart. */
  readonly row: number;
  readonly origin: string;
  readonly destination: string;
  /** Scheduled departure, in milliseconds since the epoch. The data has local times; they are taken as they stand. */
  readonly scheduled: number;
  /** Minutes by which it left after the schedule. Negative: it left early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
}

/** What is known of one airport's departures that were scheduled within one hour. */
export interface HourlyRow {
  readonly origin: string;
  /** Start of the hour, in milliseconds since the epoch. */
  readonly hour: number;
  readonly flights: number;
  readonly meanDelay: number;
  readonly worstDelay: number;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** The start of the hour that a moment lies in. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS;
}
