import { decodeEntryKey, stateRange } from "../../state/entry-codec.ts";
import type { KeyGroupRange } from "../../state/key-groups.ts";
import type { TableLayout } from "../../state/layout.ts";
import type { StateAccess } from "../../state/paging/state-access.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { windowOf } from "./namespace.ts";
import { ACCUMULATOR } from "./window-spans.ts";

/** The spans that the store has entries of: one reading for each key group and span, past all else. */
export async function storedSpans(
  access: StateAccess,
  layout: TableLayout,
  { first, last }: KeyGroupRange,
): Promise<readonly TimeWindow[]> {
  const spans = new Map<string, TimeWindow>();
  for (let keyGroup = first; keyGroup <= last; keyGroup++) {
    const place = { keyGroup, slot: ACCUMULATOR };
    let range = stateRange(layout, place);
    for (;;) {
      const entries = await access.slice(range);
      const namespaces = entries.map(({ key }) => decodeEntryKey(key).namespace);
      const namespace = namespaces.at(-1);
      if (namespace === undefined) break;
      for (const span of namespaces.map(windowOf)) spans.set(`${span.start} ${span.end}`, span);
      range = { from: stateRange(layout, { ...place, namespace }).to, to: range.to };
    }
  }
  return [...spans.values()];
}
