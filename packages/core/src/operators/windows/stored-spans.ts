import { decodeEntryKey, stateRange } from "../../state/entry-codec.ts";
import type { KeyGroupRange } from "../../state/key-groups.ts";
import type { TableLayout } from "../../state/layout.ts";
import type { StateAccess } from "../../state/paging/state-access.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { windowOf } from "./namespace.ts";
import { ACCUMULATOR } from "./window-spans.ts";

/** A span that the store has entries of. */
export interface StoredSpan {
  readonly window: TimeWindow;
  /** Those that have any. */
  readonly keyGroups: readonly number[];
}

/** So many key groups are read at once: what each costs is mostly waiting. */
const READS_MAX = 32;

/** The spans that the store has entries of: one reading for each key group and span, past all else. */
export async function storedSpans(
  access: StateAccess,
  layout: TableLayout,
  { first, last }: KeyGroupRange,
): Promise<readonly StoredSpan[]> {
  const spans = new Map<string, { readonly window: TimeWindow; readonly keyGroups: number[] }>();
  for (let start = first; start <= last; start += READS_MAX) {
    const keyGroups = Array.from({ length: Math.min(READS_MAX, last - start + 1) }, (_, at) => start + at);
    const found = await Promise.all(keyGroups.map((keyGroup) => windowsIn(access, layout, keyGroup)));
    for (const [at, windows] of found.entries()) {
      for (const [name, window] of windows) {
        const span = spans.get(name) ?? { window, keyGroups: [] };
        spans.set(name, span);
        span.keyGroups.push(start + at);
      }
    }
  }
  return [...spans.values()];
}

/** The windows of one key group, each once. */
async function windowsIn(
  access: StateAccess,
  layout: TableLayout,
  keyGroup: number,
): Promise<ReadonlyMap<string, TimeWindow>> {
  const windows = new Map<string, TimeWindow>();
  const place = { keyGroup, slot: ACCUMULATOR };
  let range = stateRange(layout, place);
  for (;;) {
    const entries = await access.slice(range);
    const namespaces = entries.map(({ key }) => decodeEntryKey(key).namespace);
    const namespace = namespaces.at(-1);
    if (namespace === undefined) return windows;
    for (const window of namespaces.map(windowOf)) windows.set(`${window.start} ${window.end}`, window);
    range = { from: stateRange(layout, { ...place, namespace }).to, to: range.to };
  }
}
