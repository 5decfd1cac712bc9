import { equalBytes, isPrefix } from "../../bytes/compare.ts";
import type { KeyRange } from "../backend.ts";
import { isInKeyGroups, KEY_GROUPS_MAX, type KeyGroupRange } from "../key-groups.ts";

/** Which keys a store owns: key groups and, if it shares them with the stores of other stages, what stands behind. */
export interface StoreScope {
  /** The key groups that it owns. */
  readonly keyGroups: KeyGroupRange;
  /** The bytes behind the key group that each key begins with, one of them. `undefined`: any. */
  readonly prefixes: readonly Uint8Array[] | undefined;
}

/** Any key of any stage. */
export const EVERYTHING: StoreScope = { keyGroups: { first: 0, last: KEY_GROUPS_MAX - 1 }, prefixes: undefined };

/** Whether a key belongs to a scope. */
export function isInScope(scope: StoreScope, key: Uint8Array): boolean {
  return isInKeyGroups(scope.keyGroups, key) && (scope.prefixes === undefined || hasPrefix(scope.prefixes, key));
}

/** Whether a range of keys may hold some of a scope: it looks at key groups alone. */
export function mayMeet(scope: StoreScope, range: KeyRange): boolean {
  const { first, last } = scope.keyGroups;
  return groupOf(range.from) <= last && groupOf(range.to) >= first;
}

/** Whether two scopes own the same keys. */
export function isSameScope(a: StoreScope, b: StoreScope): boolean {
  if (a.keyGroups.first !== b.keyGroups.first || a.keyGroups.last !== b.keyGroups.last) return false;
  if (a.prefixes === undefined || b.prefixes === undefined) return a.prefixes === b.prefixes;
  if (a.prefixes.length !== b.prefixes.length) return false;
  return a.prefixes.every((prefix) => (b.prefixes ?? []).some((other) => equalBytes(prefix, other)));
}

/** The keys that belong to both; `undefined` if there are none. */
export function intersection(a: StoreScope, b: StoreScope): StoreScope | undefined {
  const first = Math.max(a.keyGroups.first, b.keyGroups.first);
  const last = Math.min(a.keyGroups.last, b.keyGroups.last);
  const prefixes = sharedPrefixes(a.prefixes, b.prefixes);
  if (first > last || prefixes?.length === 0) return undefined;
  return { keyGroups: { first, last }, prefixes };
}

function sharedPrefixes(a: StoreScope["prefixes"], b: StoreScope["prefixes"]): StoreScope["prefixes"] {
  if (a === undefined) return b;
  if (b === undefined) return a;
  // Of two prefixes of which one begins the other, the longer one is what both allow.
  const inB = a.filter((prefix) => b.some((other) => isPrefix(other, prefix)));
  const inA = b.filter((prefix) => a.some((other) => other.length < prefix.length && isPrefix(other, prefix)));
  return [...inB, ...inA];
}

function groupOf(key: Uint8Array): number {
  return ((key[0] ?? 0) << 8) | (key[1] ?? 0);
}

function hasPrefix(prefixes: readonly Uint8Array[], key: Uint8Array): boolean {
  return prefixes.some((prefix) => isPrefix(prefix, key, 2));
}
