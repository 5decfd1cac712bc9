/** Days and minutes of Coordinated Universal Time, as text. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let lastDay = { number: Number.NaN, text: "" };

/** The day of a time, as in 2015-07-15. */
export function dayOf(time: number): string {
  const number = Math.floor(time / DAY_MS);
  // Times come nearly in order, and writing a date out costs more than the rest of most queries.
  if (number !== lastDay.number) lastDay = { number, text: new Date(time).toISOString().slice(0, 10) };
  return lastDay.text;
}

/** The minute of a time, as in 23:59. */
export function minuteOf(time: number): string {
  const minutes = Math.floor((time - Math.floor(time / DAY_MS) * DAY_MS) / MINUTE_MS);
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

/** The hour of a time, from 0 to 23. */
export function hourOf(time: number): number {
  return Math.floor((time - Math.floor(time / DAY_MS) * DAY_MS) / 3_600_000);
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
