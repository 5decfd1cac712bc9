/** Plain loops that several queries share. */

/** Sorts `items` into lists by a key; keys come in the order of their first item. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The start of the tumbling window of `sizeMs` that `time` lies in. Windows are aligned to 1970. */
export function windowStart(time: number, sizeMs: number): number {
  return Math.floor(time / sizeMs) * sizeMs;
}

/** The day of a time in UTC, as in 2015-07-15. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The minute of a time in UTC, as in 23:59. */
export function minuteOf(time: number): string {
  return new Date(time).toISOString().slice(11, 16);
}

/** The mean of whole numbers, without its fraction, as SQL has it of a column of integers. */
export function wholeMean(numbers: readonly number[]): number {
  return Math.trunc(numbers.reduce((sum, each) => sum + each, 0) / numbers.length);
}
