/** A span of event time: from `start` up to, but without, `end`, in milliseconds since the epoch. */
export interface TimeWindow {
  /** Its first millisecond, since the epoch. */
  readonly start: number;
  /** The millisecond after its last. */
  readonly end: number;
}

/** Where windows of one size begin: at multiples of `everyMs`, moved by `offsetMs`. */
export interface WindowGrid {
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** The start of the last window that began at or before a timestamp; exact for negative timestamps too. */
export function windowStart(timestamp: number, { everyMs, offsetMs }: WindowGrid): number {
  return Math.floor((timestamp - offsetMs) / everyMs) * everyMs + offsetMs;
}

/** The windows of a size that a timestamp lies in, from the earliest to the latest; none if it falls between two. */
export function windowsOver(timestamp: number, sizeMs: number, grid: WindowGrid): TimeWindow[] {
  const windows: TimeWindow[] = [];
  for (let start = windowStart(timestamp, grid); start > timestamp - sizeMs; start -= grid.everyMs) {
    windows.push({ start, end: start + sizeMs });
  }
  return windows.reverse();
}

/**
 * The slice that a timestamp lies in: the span between two neighbours among all starts and ends of windows, so that every
 * window is a run of whole slices. There are one or two to each start of a window, never more, however size and distance
 * divide; slices as long as their greatest common divisor could be many. (The "paired windows" of Krishnamurthy, Wu and
 * Franklin, On-the-Fly Sharing for Streamed Aggregation, SIGMOD 2006.)
 */
export function sliceOver(timestamp: number, sizeMs: number, grid: WindowGrid): TimeWindow {
  const { everyMs } = grid;
  const start = windowStart(timestamp, grid);
  const edge = start + (sizeMs % everyMs);
  if (edge === start) return { start, end: start + everyMs };
  return timestamp < edge ? { start, end: edge } : { start: edge, end: start + everyMs };
}
