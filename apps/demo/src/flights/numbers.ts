/**
 * Numbers as a person reads them.
 *
 * @module
 */

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function count(value: number): string {
  return GROUPED.format(value);
}

export function plural(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? "" : "s"}`;
}

/** Milliseconds, or seconds from one on. */
export function span(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A moment of the data, to the minute. */
export function moment(timeMs: number | undefined): string {
  if (timeMs === undefined || !Number.isFinite(timeMs) || Math.abs(timeMs) > 8.64e15) return "-";
  return new Date(timeMs).toISOString().slice(0, 16).replace("T", " ");
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted.length === 0 ? 0 : sorted[Math.floor((sorted.length - 1) / 2)]!;
}
