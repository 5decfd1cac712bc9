/** When windows with triggers and evictors have results, on plain arrays: written from the definitions, to be slow and obvious. */
import type { Happening, Item, Result } from "./windows.ts";

/** What makes a window have a result besides its end. */
export interface Rule {
  /** Before its end: after each so many records. */
  readonly early: number;
  /** After its end: after each so many records. */
  readonly late: number;
  /** Whether a result is of the records since the one before. */
  readonly purges: boolean;
}

/** One result of a window, and which of that window it is. */
export interface Firing extends Result {
  readonly number: number;
}

interface Open {
  readonly key: number;
  readonly end: number;
  ids: number[];
  records: number;
  firings: number;
  isComplete: boolean;
}

/** All results of windows of a size, and the records that came too late for theirs. */
export function firingsOf(
  stream: readonly Happening[],
  sizeMs: number,
  latenessMs: number,
  rule: Rule,
): { readonly firings: readonly Firing[]; readonly late: readonly number[] } {
  const firings: Firing[] = [];
  const late: number[] = [];
  let windows: readonly Open[] = [];
  let reached = -Infinity;
  const fire = (window: Open): void => {
    window.records = 0;
    if (window.ids.length === 0) return;
    const { key, end, ids } = window;
    firings.push({ key, start: end - sizeMs, end, ids, number: ++window.firings });
    if (rule.purges) window.ids = [];
  };
  const passTo = (time: number): void => {
    reached = time;
    for (const window of windows.filter(({ isComplete, end }) => !isComplete && end - 1 <= time)) {
      fire(window);
      window.isComplete = true;
    }
    windows = windows.filter(({ end }) => end - 1 + latenessMs > time);
  };
  for (const happening of stream) {
    if ("watermark" in happening) {
      passTo(happening.watermark);
      continue;
    }
    const { key, id, at } = happening;
    const end = Math.floor(at / sizeMs) * sizeMs + sizeMs;
    if (end - 1 + latenessMs <= reached) {
      late.push(id);
      continue;
    }
    let window = windows.find((open) => open.key === key && open.end === end);
    if (window === undefined) {
      window = { key, end, ids: [], records: 0, firings: 0, isComplete: end - 1 <= reached };
      windows = [...windows, window];
    }
    window.ids = [...window.ids, id];
    window.records++;
    if (window.records >= (window.isComplete ? rule.late : rule.early)) fire(window);
  }
  passTo(Infinity);
  return { firings, late };
}

/** The results of a window that has all records of a key: after each `every` of them, evicted before or after the result. */
export function countedFirings(
  items: readonly Item[],
  every: number,
  { before = all, after = all }: { readonly before?: Keeps; readonly after?: Keeps },
): readonly (readonly Item[])[] {
  return [...new Set(items.map(({ key }) => key))].flatMap((key) => {
    let inside: readonly Item[] = [];
    return items
      .filter((item) => item.key === key)
      .flatMap((item, index) => {
        inside = [...inside, item];
        if ((index + 1) % every !== 0) return [];
        const result = before(inside);
        inside = after(result);
        return [result];
      });
  });
}

/** Which records stay. */
export type Keeps = (items: readonly Item[]) => readonly Item[];

const all: Keeps = (items) => items;
