import { equalBytes } from "../../bytes/compare.ts";
import type { KeyGroupRange } from "../key-groups.ts";

/** Which keys a store owns: key groups and, if it shares them with the stores of other stages, what stands behind. */
export interface StoreScope {
  readonly keyGroups: KeyGroupRange;
  /** The bytes behind the key group that each key begins with, one of them. `undefined`: any. */
  readonly prefixes: readonly Uint8Array[] | undefined;
}

/** Whether a key belongs to a scope. */
export function isInScope(scope: StoreScope, key: Uint8Array): boolean {
  return isInKeyGroups(scope.keyGroups, key) && (scope.prefixes === undefined || hasPrefix(scope.prefixes, key));
}

/** Whether the key group in front of a key is within a range. */
export function isInKeyGroups(keyGroups: KeyGroupRange, key: Uint8Array): boolean {
  if (key.length < 2) return false;
  const group = ((key[0] as number) << 8) | (key[1] as number);
  return group >= keyGroups.first && group <= keyGroups.last;
}

/** Whether two scopes own the same keys. */
export function isSameScope(a: StoreScope, b: StoreScope): boolean {
  if (a.keyGroups.first !== b.keyGroups.first || a.keyGroups.last !== b.keyGroups.last) return false;
  if (a.prefixes === undefined || b.prefixes === undefined) return a.prefixes === b.prefixes;
  if (a.prefixes.length !== b.prefixes.length) return false;
  return a.prefixes.every((prefix) => (b.prefixes ?? []).some((other) => equalBytes(prefix, other)));
}

function hasPrefix(prefixes: readonly Uint8Array[], key: Uint8Array): boolean {
  return prefixes.some((prefix) => {
    if (key.length - 2 < prefix.length) return false;
    for (let i = 0; i < prefix.length; i++) if (key[i + 2] !== prefix[i]) return false;
    return true;
  });
}
