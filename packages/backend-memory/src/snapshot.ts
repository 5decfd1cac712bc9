import { StateError, type StorePart } from "@tidemark/core";
import { ALL_KEYS, intersection, isInScope, isSameScope, type StoreScope } from "@tidemark/core/internal";
import { changed, type Packed, slicesOf } from "./packed.ts";

/** What a store held when it was sealed. */
export interface Snapshot {
  readonly scope: StoreScope;
  readonly entries: Packed;
}

/** A handle is the name of a snapshot. */
export function encodeHandle(name: string): Uint8Array {
  return new TextEncoder().encode(name);
}

export function decodeHandle(handle: Uint8Array): string {
  return new TextDecoder().decode(handle);
}

/**
 * What the parts of a checkpoint hold of a scope.
 *
 * @throws {StateError} STATE_CORRUPT if a snapshot is not there.
 */
export async function entriesOf(
  snapshots: ReadonlyMap<string, Snapshot>,
  parts: readonly StorePart[],
  scope: StoreScope,
): Promise<Packed> {
  const found = parts.flatMap(({ handle, keyGroups }) => {
    const name = decodeHandle(handle);
    const snapshot = snapshots.get(name);
    if (snapshot === undefined) throw missing(name);
    const given = intersection(snapshot.scope, { keyGroups, prefixes: undefined });
    const wanted = given === undefined ? undefined : intersection(given, scope);
    return wanted === undefined ? [] : [{ snapshot, wanted }];
  });
  const [first] = found;
  if (first === undefined) return [];
  if (found.length === 1 && isSameScope(first.wanted, first.snapshot.scope)) return first.snapshot.entries;
  let entries: Packed = [];
  for (const { snapshot, wanted } of found) {
    for await (const slice of slicesOf(() => snapshot.entries, ALL_KEYS)) {
      const puts = slice.filter(({ key }) => isInScope(wanted, key));
      entries = changed(entries, { puts, deletes: [], rangeDeletes: [] });
    }
  }
  return entries;
}

function missing(name: string): StateError {
  return new StateError(
    "STATE_CORRUPT",
    `Cannot restore the snapshot "${name}": memory does not hold it. Restore the state from a copy, such as a savepoint`,
    { details: { name } },
  );
}
