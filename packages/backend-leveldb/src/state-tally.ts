import type { KeyGroupRange } from "@tidemark/core";
import { assert, equalBytes, type StoreScope } from "@tidemark/core/internal";

/** Epochs whose size is remembered: far more than are retained. */
const SEALED_MAX = 1_000;

/** Sizes in bytes: of each prefix those of all key groups, one after the other. Without prefixes all keys count as one. */
export type StateSizes = readonly number[];

/** How large a store was when it was sealed; `undefined`: nobody knows. */
export interface SealedSizes {
  readonly scope: StoreScope;
  /** The key groups for which it counts; it may hold others. */
  readonly counts: KeyGroupRange;
  readonly sizes: StateSizes | undefined;
}

/** How many sizes a scope has. */
export function sizesOf({ keyGroups, prefixes }: StoreScope): number {
  return (keyGroups.last - keyGroups.first + 1) * (prefixes?.length ?? 1);
}

/**
 * How large the rows of a store are, by what each change adds and takes away: nothing is read for it. Kept by key group and prefix, so
 * that stores which begin with the rows of others know it as well.
 */
export class StateTally {
  readonly #scope: StoreScope;
  /** As it was sealed last. */
  readonly #sizes: number[] | undefined;
  /** What the epochs that are not sealed change in each. */
  readonly #changes = new Map<number, Map<number, number>>();
  readonly #sealed = new Map<number, number>();

  /** @param epoch the one that the parts were sealed in. */
  constructor(scope: StoreScope, parts: readonly SealedSizes[], epoch: number) {
    this.#scope = scope;
    this.#sizes = restored(scope, parts);
    if (this.#sizes !== undefined) this.#sealed.set(epoch, sum(this.#sizes));
  }

  /** A row has become larger by so many bytes, or smaller. */
  add(epoch: number, key: Uint8Array, bytes: number): void {
    if (this.#sizes === undefined || bytes === 0) return;
    let changes = this.#changes.get(epoch);
    if (changes === undefined) this.#changes.set(epoch, (changes = new Map<number, number>()));
    const cell = this.#cellOf(key);
    changes.set(cell, (changes.get(cell) ?? 0) + bytes);
  }

  /** The sizes when an epoch is sealed, to which nothing is written any more. */
  seal(epoch: number): StateSizes | undefined {
    if (this.#sizes === undefined) return undefined;
    for (const [written, changes] of this.#changes) {
      if (written > epoch) continue;
      for (const [cell, bytes] of changes) this.#sizes[cell] = (this.#sizes[cell] as number) + bytes;
      this.#changes.delete(written);
    }
    assert(
      this.#sizes.every((bytes) => bytes >= 0),
      `rows take less than no bytes in epoch ${epoch}`,
    );
    this.#sealed.set(epoch, sum(this.#sizes));
    for (const old of this.#sealed.keys()) if (this.#sealed.size > SEALED_MAX) this.#sealed.delete(old);
    return this.#sizes;
  }

  /** How large all rows were when an epoch was sealed. */
  at(epoch: number): number | undefined {
    return this.#sealed.get(epoch);
  }

  #cellOf(key: Uint8Array): number {
    const { keyGroups, prefixes } = this.#scope;
    const group = ((key[0] as number) << 8) | (key[1] as number);
    const prefix = prefixes?.findIndex((each) => equalBytes(each, key.subarray(2, 2 + each.length))) ?? 0;
    return prefix * (keyGroups.last - keyGroups.first + 1) + group - keyGroups.first;
  }
}

function sum(sizes: StateSizes): number {
  return sizes.reduce((all, bytes) => all + bytes, 0);
}

/** The sizes of what parts hold of a scope; `undefined` if one of them does not know, or knows it of all prefixes together. */
function restored(scope: StoreScope, parts: readonly SealedSizes[]): number[] | undefined {
  const { first, last } = scope.keyGroups;
  const all = Array.from({ length: sizesOf(scope) }, () => 0);
  for (const { scope: part, counts, sizes } of parts) {
    if (sizes === undefined || (part.prefixes === undefined) !== (scope.prefixes === undefined)) return undefined;
    const from = Math.max(first, part.keyGroups.first, counts.first);
    const to = Math.min(last, part.keyGroups.last, counts.last);
    (scope.prefixes ?? [undefined]).forEach((prefix, index) => {
      const at = prefix === undefined ? 0 : (part.prefixes ?? []).findIndex((each) => equalBytes(each, prefix));
      for (let group = from; at >= 0 && group <= to; group++) {
        const cell = index * (last - first + 1) + group - first;
        const size = sizes[at * (part.keyGroups.last - part.keyGroups.first + 1) + group - part.keyGroups.first];
        all[cell] = (all[cell] as number) + (size as number);
      }
    });
  }
  return all;
}
