import { assert } from "../../assert.ts";
import { compareBytes } from "../../bytes/compare.ts";
import type { StorePart } from "../backend.ts";
import { ALL_KEYS } from "../key-range.ts";
import { type Change, Delta } from "./delta.ts";
import { decodeHandle } from "./handle-codec.ts";
import { Layer } from "./layer.ts";
import type { SegmentMedium } from "./medium.ts";
import { mergeSlice } from "./merge.ts";
import { type Pace, SHARE_ENTRIES } from "./pace.ts";
import { intersection, isSameScope, type StoreScope } from "./scope.ts";

/** Layers from the oldest to the newest. A chain is never changed, only replaced. */
export type Chain = readonly Layer[];

/** The chain that the parts of a checkpoint make, as far as they belong to a scope. */
export function chainOf(medium: SegmentMedium, parts: readonly StorePart[], scope: StoreScope): Chain {
  return parts.flatMap((part) => {
    const handle = decodeHandle(part.handle);
    const given = intersection(handle.scope, { keyGroups: part.keyGroups, prefixes: undefined });
    const wanted = given === undefined ? undefined : intersection(given, scope);
    if (wanted === undefined) return [];
    return handle.layers.flatMap((layer) => {
      const limited = intersection(layer.scope, wanted);
      return limited === undefined ? [] : [new Layer(medium, { ...layer, scope: limited })];
    });
  });
}

/** The values under some keys, neighbours together, whatever the order in which they are given. */
export async function readAll(
  chain: readonly (Layer | Delta)[],
  keys: readonly Uint8Array[],
  pace: Pace,
): Promise<readonly (Uint8Array | undefined)[]> {
  const order = [...keys.keys()].sort((one, other) => compareBytes(keys[one] as Uint8Array, keys[other] as Uint8Array));
  const values: (Uint8Array | undefined)[] = Array.from({ length: keys.length });
  const parts: Promise<unknown>[] = [];
  for (let start = 0; start < order.length; start += SHARE_ENTRIES) {
    const some = order.slice(start, start + SHARE_ENTRIES);
    const turn = pace.share(some.length);
    if (turn !== undefined) await turn;
    const part = some.map(async (index) => {
      values[index] = (await findIn(chain, keys[index] as Uint8Array))?.slice();
    });
    const all = Promise.all(part);
    // It may fail before the others were asked for.
    all.catch(() => undefined);
    parts.push(all);
  }
  await Promise.all(parts);
  return values;
}

/** The value that a chain has under a key. */
async function findIn(chain: readonly (Layer | Delta)[], key: Uint8Array): Promise<Change | undefined> {
  for (let i = chain.length - 1; i >= 0; i--) {
    const source = chain[i] as Layer | Delta;
    let found = source instanceof Delta ? source.find(key) : source.findNow(key);
    if (typeof found === "symbol") found = await (source as Layer).find(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As {@link findIn}, for a medium that holds everything in memory. */
export function findNowIn(chain: readonly (Layer | Delta)[], key: Uint8Array): Change | undefined {
  for (let i = chain.length - 1; i >= 0; i--) {
    const source = chain[i] as Layer | Delta;
    const found = source instanceof Delta ? source.find(key) : source.findNow(key);
    assert(typeof found !== "symbol", "a segment that is not in memory, of a medium that says it is");
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The small layers at the end of a chain that stand in the handle, those that a store of `scope` has written itself. */
export function inlineTail(chain: Chain, scope: StoreScope): Chain {
  const isOwn = (layer: Layer): boolean => layer.isInline && isSameScope(layer.scope, scope);
  return chain.slice(chain.findLastIndex((layer) => !isOwn(layer)) + 1);
}

/** Later changes put on top of some small layers, as one delta. */
export async function onTopOf(
  layers: Chain,
  deltas: readonly Delta[],
  { epoch, pace }: { readonly epoch: number; readonly pace: Pace },
): Promise<Delta> {
  const merged = new Delta(epoch);
  for (const source of [...layers, ...deltas]) {
    const ranges = source instanceof Delta ? source.ranges : await source.ranges();
    merged.add({ puts: [], deletes: [], rangeDeletes: ranges?.list ?? [] });
    for (let from: Uint8Array | undefined = new Uint8Array(0), after = false; from !== undefined; after = true) {
      const slice = await mergeSlice([source], {
        from,
        after,
        to: ALL_KEYS.to,
        ahead: 1,
        aheadBytes: 0,
        isKept: false,
        deletes: "shown",
        pace,
      });
      for (const { key, value } of slice.entries) merged.set(key, value);
      from = slice.next;
    }
  }
  return merged;
}
