import { type KeyGroupRange, StateError } from "@tidemark/core";
import { bytesOf, textOf } from "./version-space.ts";

/** Which keys a store owns: whole key groups, or in them what begins with one of its prefixes. */
export interface Scope {
  readonly keyGroups: KeyGroupRange;
  /** As text. */
  readonly prefixes?: readonly string[] | undefined;
}

export function isIn({ keyGroups, prefixes }: Scope, key: string): boolean {
  const group = key.charCodeAt(0) * 256 + key.charCodeAt(1);
  if (group < keyGroups.first || group > keyGroups.last) return false;
  return prefixes === undefined || prefixes.some((prefix) => key.startsWith(prefix, 2));
}

/** A handle is what a checkpoint needs to find a store's state again. Here the rows stay, so it is an epoch and a scope. */
export function encodeHandle(epoch: number, { keyGroups, prefixes }: Scope): Uint8Array {
  return bytesOf(JSON.stringify({ epoch, keyGroups, prefixes }));
}

/** The scope that was sealed. */
export function decodeHandle(handle: Uint8Array, epoch: number): Scope {
  const decoded = JSON.parse(textOf(handle)) as Scope & { readonly epoch: number };
  if (decoded.epoch === epoch) return decoded;
  throw new StateError(
    "STATE_CORRUPT",
    `Cannot restore epoch ${epoch}: its handle names ${decoded.epoch}. Restore a copy`,
  );
}
