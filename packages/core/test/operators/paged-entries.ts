import { compareBytes, toHex } from "../../src/bytes/compare.ts";
import type { OperatorContext } from "../../src/operators/operator.ts";
import { StateMemory } from "../../src/state/paging/state-memory.ts";
import type { StoredEntries } from "../../src/testing/operator/harness-options.ts";
import { statePaging } from "../../src/operators/state-paging.ts";

/** A slice has few entries, so that a range takes several. */
const SLICE_ENTRIES = 3;

/** Lets whatever may leave memory do so between any two steps. @param readsAtOnce whether a single entry is read without a wait. */
export function leavesAlways(readsAtOnce: boolean): (stored: StoredEntries) => NonNullable<OperatorContext["paging"]> {
  return (stored) => ({
    memory: new StateMemory(Infinity, () => true),
    parts: statePaging,
    access: {
      read: async (keys) => keys.map((key) => stored.get(toHex(key))?.value),
      slice: async ({ from, to }) =>
        [...stored.values()]
          .filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0)
          .toSorted((one, other) => compareBytes(one.key, other.key))
          .slice(0, SLICE_ENTRIES),
      readSync: readsAtOnce ? (key) => stored.get(toHex(key))?.value : undefined,
    },
    spill: (_operatorId, frozen) => {
      for (let part = frozen.next(100); part !== "done"; part = frozen.next(100)) {
        if (part === "more") continue;
        for (const { from, to } of part.rangeDeletes) {
          for (const [name, { key }] of stored) {
            if (compareBytes(key, from) >= 0 && compareBytes(key, to) < 0) stored.delete(name);
          }
        }
        for (const entry of part.puts) stored.set(toHex(entry.key), entry);
        for (const key of part.deletes) stored.delete(toHex(key));
      }
      frozen.settle();
    },
  });
}
