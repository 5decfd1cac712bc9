/** The events that queries are measured over. */
import { type NexmarkEvent, nexmark } from "../generator/mod.ts";
import { collect, type EventLog, type QueryName } from "../oracle/mod.ts";

/** How densely the events lie in event time: ten million a second span moments, ten thousand span windows. */
export type ProfileName = "10M/s" | "10k/s";

export const PROFILES: Readonly<Record<ProfileName, number>> = { "10M/s": 10_000_000, "10k/s": 10_000 };

/** The events of a profile, made beforehand, and everything there is to know of them. */
export interface Workload {
  readonly profile: ProfileName;
  readonly events: readonly NexmarkEvent[];
  readonly log: EventLog;
}

/** Makes the events of a profile. */
export function workload(profile: ProfileName, count: number): Workload {
  const sequence = nexmark({ events: count, rate: PROFILES[profile], timing: "flink" });
  const events = Array.from({ length: count }, (_, offset) => sequence.at(offset));
  return { profile, events, log: collect(events) };
}

/** The first events of a workload, as a smaller one. */
export function beginningOf({ profile, events }: Workload, count: number): Workload {
  const first = events.slice(0, count);
  return { profile, events: first, log: collect(first) };
}

const EVENTS = 1_000_000;

/** Queries that take longer for each event have fewer of them, so that a run lasts seconds and all runs some minutes. */
const EVENTS_OF_SLOW_QUERIES: Partial<Record<QueryName, number>> = {
  q4: 500_000,
  q6: 500_000,
  q9: 500_000,
  q11: 500_000,
  q15: 300_000,
  q16: 100_000,
  q17: 500_000,
  q18: 300_000,
  q19: 300_000,
  q20: 500_000,
};

/** How many events a query is measured over, if nobody says otherwise. */
export function eventsOf(query: QueryName): number {
  return EVENTS_OF_SLOW_QUERIES[query] ?? EVENTS;
}
