/**
 * Windows of the calendar, in a time zone.
 *
 * @example
 * ```ts
 * import { calendarDays } from "@tidemark/core/calendar";
 *
 * const days = calendarDays("Europe/Berlin");
 * ```
 *
 * @module
 */
export {
  calendarDays,
  calendarMonths,
  type CalendarOptions,
  calendarWeeks,
  type CalendarWeeksOptions,
  type CalendarWindows,
  type Weekday,
} from "./operators/windows/calendar.ts";
