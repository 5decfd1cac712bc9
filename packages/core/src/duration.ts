import { invalidOption } from "./invalid-option.ts";

/** A span of time with its unit: `"250ms"`, `"10s"`, `"5m"`, `"3h"`, `"1d"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * The milliseconds in a duration.
 *
 * @param what names the option in the error.
 * @throws {ConfigurationError} OPTION_INVALID if it is not a number with one of the units, or too long to be counted.
 */
export function durationMs(duration: Duration, what: string): number {
  const [, amount, unit] = (typeof duration === "string" ? PATTERN.exec(duration) : undefined) ?? [];
  const valueMs = Math.round(Number(amount) * (UNITS_MS[unit ?? ""] ?? Number.NaN));
  if (!Number.isSafeInteger(valueMs)) {
    throw invalidOption(what, duration, 'a duration is a number with ms, s, m, h or d, such as "10s"');
  }
  return valueMs;
}

/** A duration as a person writes it: in the largest unit that it is a whole number of, such as `"90m"`. */
export function shownDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  const [unit, unitMs] = Object.entries(UNITS_MS).findLast(([, each]) => durationMs % each === 0) ?? ["ms", 1];
  return `${durationMs / unitMs}${unit}`;
}
