/**
 * The job that is killed again and again: flights in, one row per airport and scheduled hour out, late flights aside.
 *
 * @module
 */
import {
  type Duration,
  type Pipeline,
  pipeline,
  type Sink,
  sideOutput,
  type Source,
  type SourceSplit,
} from "@tidemark/core";
import { tumbling } from "@tidemark/core/windows";
import type { Flight, HourlyRow } from "./flight.ts";

/** What the job is connected to. */
export interface Ends {
  readonly feed: Source<Flight, SourceSplit, unknown, true>;
  readonly hours: Sink<HourlyRow, unknown, "exactly-once">;
  readonly late: Sink<Flight, unknown, "exactly-once">;
  /** How far out of order the feed may be, as a duration. */
  readonly bound: Duration;
}

/** Flights of one airport and hour. Sum and count are whole numbers, so the mean is one division in any order. */
interface Hour {
  flights: number;
  delaySum: number;
  worstDelay: number;
}

export function flightsJob(ends: Ends): Pipeline {
  const late = sideOutput<Flight>("late");
  const job = pipeline("flights", { guarantee: "exactly-once" });

  const hourly = job
    .source("feed", ends.feed, { eventTime: (flight) => flight.scheduled, outOfOrder: ends.bound })
    .keyBy((flight) => flight.origin, { keyType: "string" })
    .window("hourly", tumbling("1h"), { lateOutput: late })
    .aggregate({
      create: (): Hour => ({ flights: 0, delaySum: 0, worstDelay: -Infinity }),
      add(hour, flight) {
        hour.flights++;
        hour.delaySum += flight.delay;
        hour.worstDelay = Math.max(hour.worstDelay, flight.delay);
        return hour;
      },
      result: (hour) => hour,
    });

  hourly
    .map(({ key, window, value }) => ({
      origin: key,
      hour: window.start,
      flights: value.flights,
      meanDelay: value.delaySum / value.flights,
      worstDelay: value.worstDelay,
    }))
    .sink("hours", ends.hours);
  hourly.sideOutput(late).sink("late", ends.late);
  return job;
}
