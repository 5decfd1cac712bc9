import { ConfigurationError } from "../../errors.ts";
import { type Duration, durationMs } from "../../time/duration.ts";
import { TimeZone, utc } from "../../time/time-zone.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { alignedSpans } from "./aligned-spans.ts";
import type { WindowAssigner } from "./assigner.ts";
import { plainOf } from "./window-spec.ts";
import { timeWindows } from "./grid-windows.ts";
import { positiveCount } from "./options.ts";
import { plainPlan } from "./plain-windows.ts";
import { generalOf } from "./general-windows.ts";

/** Windows of the calendar, such as days or months. */
export interface CalendarWindows extends WindowAssigner {
  /** Tells them from other windows. */
  readonly kind: "calendar";
  /** The time zone, by its name in the IANA database. */
  readonly zone: string;
}

/** Options of windows of the calendar. */
export interface CalendarOptions {
  /** How many of them are one window: `calendarMonths(zone, { every: 3 })` are quarters. Default: 1. */
  readonly every?: number;
  /** The time of day at which windows begin, on the clock: `"6h"`. Default: `"0s"`, at midnight. */
  readonly startsAt?: Duration;
}

/** Options of {@link calendarWeeks}. */
export interface CalendarWeeksOptions extends CalendarOptions {
  /** The day on which weeks begin. Default: `"monday"`. */
  readonly startsOn?: Weekday;
}

const DAY_MS = 86_400_000;
/** The first of January 1970 was a Thursday. */
const WEEKDAYS = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"] as const;

/** A day of the week. */
export type Weekday = (typeof WEEKDAYS)[number];

/** How wall time is divided: numbers that go on for ever in both directions, and where each begins. */
interface CalendarUnit {
  readonly name: string;
  numberOf(wall: number): number;
  startOf(number: number): number;
}

/**
 * Days in a time zone: from one midnight on the clock to the next, 23 or 25 hours where clocks are changed.
 *
 * @param zone a name of the IANA database, such as `"Europe/Berlin"`.
 * @throws {ConfigurationError} OPTION_INVALID if the runtime does not know the zone.
 *
 * @example
 * ```ts
 * import { calendarDays } from "@tidemark/core/calendar";
 *
 * const days = calendarDays("Europe/Berlin");
 * const tradingDays = calendarDays("America/New_York", { startsAt: "17h" });
 * ```
 */
export function calendarDays(zone: string, options: CalendarOptions = {}): CalendarWindows {
  const unit = { name: "days", numberOf: dayOf, startOf: (day: number) => day * DAY_MS };
  return calendarWindows(zone, unit, options);
}

/**
 * Weeks in a time zone.
 *
 * @param zone a name of the IANA database, such as `"Europe/Berlin"`.
 * @throws {ConfigurationError} OPTION_INVALID if the runtime does not know the zone, or there is no such day of the week.
 *
 * @example
 * ```ts
 * import { calendarWeeks } from "@tidemark/core/calendar";
 *
 * const weeks = calendarWeeks("America/New_York", { startsOn: "sunday" });
 * ```
 */
export function calendarWeeks(zone: string, options: CalendarWeeksOptions = {}): CalendarWindows {
  const { startsOn = "monday" } = options;
  const first = WEEKDAYS.indexOf(startsOn);
  if (first < 0) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot begin weeks on ${JSON.stringify(startsOn)}: it is a day of the week, such as "monday"`,
    );
  }
  const unit = {
    name: `weeks from ${startsOn}`,
    numberOf: (wall: number) => Math.floor((dayOf(wall) - first) / 7),
    startOf: (week: number) => (week * 7 + first) * DAY_MS,
  };
  return calendarWindows(zone, unit, options);
}

/**
 * Months in a time zone: from midnight on the first of one to midnight on the first of the next.
 *
 * @param zone a name of the IANA database, such as `"Europe/Berlin"`.
 * @throws {ConfigurationError} OPTION_INVALID if the runtime does not know the zone.
 *
 * @example
 * ```ts
 * import { calendarMonths } from "@tidemark/core/calendar";
 *
 * const months = calendarMonths("Asia/Tokyo");
 * const quarters = calendarMonths("Asia/Tokyo", { every: 3 });
 * ```
 */
export function calendarMonths(zone: string, options: CalendarOptions = {}): CalendarWindows {
  const unit = {
    name: "months",
    numberOf: (wall: number) => {
      const date = new Date(wall);
      return date.getUTCFullYear() * 12 + date.getUTCMonth();
    },
    startOf: (month: number) => utc(Math.floor(month / 12), month - Math.floor(month / 12) * 12),
  };
  return calendarWindows(zone, unit, options);
}

function dayOf(wall: number): number {
  return Math.floor(wall / DAY_MS);
}

function calendarWindows(zone: string, unit: CalendarUnit, options: CalendarOptions): CalendarWindows {
  const windowAt = remembering(windowsOf(new TimeZone(zone), unit, options));
  const { every = 1, startsAt = "0s" } = options;
  const label = `calendar ${every === 1 ? "" : `${every} `}${unit.name} in ${zone}${startsAt === "0s" ? "" : ` at ${startsAt}`}`;
  return {
    kind: "calendar",
    zone,
    plan: (spec, general) => {
      const plain = plainOf(spec);
      // A restored window is kept as it was stored: the rules of a zone may have changed since it was made.
      if (plain !== undefined) return plainPlan(plain, label, alignedSpans(spec.id, { windowAt }));
      const kind = timeWindows(spec.id, undefined, (time) => [windowAt(time)]);
      return generalOf(spec, general)(spec, label, kind);
    },
  };
}

/** The window of an instant. */
function windowsOf(zone: TimeZone, unit: CalendarUnit, options: CalendarOptions): (instant: number) => TimeWindow {
  const every = positiveCount(options.every ?? 1, "calendar windows");
  const startsAtMs = options.startsAt === undefined ? 0 : durationMs(options.startsAt, "startsAt");
  if (startsAtMs >= DAY_MS) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot begin windows at ${String(options.startsAt)}: the time of day is less than 24 hours`,
    );
  }
  const startOf = (number: number): number => zone.instantOf(unit.startOf(number * every) + startsAtMs);
  return (instant) => {
    let number = Math.floor(unit.numberOf(zone.wallOf(instant) - startsAtMs) / every);
    // Where clocks are put back over a boundary, they show the day before once more: it is over all the same.
    let end = startOf(number + 1);
    while (end <= instant) end = startOf(++number + 1);
    return { start: startOf(number), end };
  };
}

/** How many windows are remembered: records out of order come from a few at a time. */
const REMEMBERED = 4;

/** Spares asking the calendar for each record. */
function remembering(windowAt: (instant: number) => TimeWindow): (instant: number) => TimeWindow {
  const known: TimeWindow[] = [];
  return (instant) => {
    for (const window of known) if (window.start <= instant && instant < window.end) return window;
    const window = windowAt(instant);
    known.unshift(window);
    if (known.length > REMEMBERED) known.pop();
    return window;
  };
}
