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

/** The spans that the store has entries of: one reading for each key group and span, past all else. */
export async function storedSpans(
  access: StateAccess,
  layout: TableLayout,
  { first, last }: KeyGroupRange,
): Promise<readonly StoredSpan[]> {
  const spans = new Map<string, { readonly window: TimeWindow; readonly keyGroups: number[] }>();
  for (let keyGroup = first; keyGroup <= last; keyGroup++) {
    const place = { keyGroup, slot: ACCUMULATOR };
    let range = stateRange(layout, place);
    for (;;) {
      const entries = await access.slice(range);
      const namespaces = entries.map(({ key }) => decodeEntryKey(key).namespace);
      const namespace = namespaces.at(-1);
      if (namespace === undefined) break;
      for (const window of namespaces.map(windowOf)) {
        const name = `${window.start} ${window.end}`;
        const { keyGroups } = spans.get(name) ?? { window, keyGroups: [] };
        spans.set(name, { window, keyGroups });
        if (keyGroups.at(-1) !== keyGroup) keyGroups.push(keyGroup);
      }
      range = { from: stateRange(layout, { ...place, namespace }).to, to: range.to };
    }
  }
  return [...spans.values()];
}
