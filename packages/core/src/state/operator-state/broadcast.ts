import { compareBytes } from "../../bytes/compare.ts";
import { StateError } from "../../errors.ts";
import type { DeepReadonly } from "../deep-readonly.ts";
import type { EvolutionOptions } from "../evolution.ts";
import { decodeKey, encodeKey, type Key } from "../key-codec.ts";
import { identityOf, type KeyIdentity, ownKey } from "../row.ts";
import {
  type BoundState,
  declareOperatorState,
  type OperatorStateDescriptor,
  type OperatorStateDescriptors,
  type OperatorStatePlace,
} from "./descriptors.ts";
import { BROADCAST_KIND, type StoredItem, type StoredState } from "./stored.ts";

/** A map of which every subtask keeps a copy. */
export interface BroadcastStateDescriptor<K extends Key, V> extends OperatorStateDescriptor<BroadcastState<K, V>> {
  /** Tells it from other states. */
  readonly kind: "broadcast";
}

/** A broadcast state as the records of another stream see it. */
export interface ReadonlyBroadcastState<K extends Key, V> {
  /** The entry's value; `undefined` if there is none. */
  get(key: K): DeepReadonly<V> | undefined;
  /** Whether there is an entry. */
  has(key: K): boolean;
  /** The entries, in no order to rely on. */
  entries(): IterableIterator<readonly [K, DeepReadonly<V>]>;
}

/** What user code holds of a broadcast state: the copy of its subtask. */
export interface BroadcastState<K extends Key, V> extends ReadonlyBroadcastState<K, V> {
  /**
   * Writes an entry, whether there was one or not.
   *
   * @throws {StateError} STATE_TOO_LARGE if the subtask would keep too much.
   */
  set(key: K, value: V | DeepReadonly<V>): void;
  /** Deletes an entry. One that is not there is no error. */
  delete(key: K): void;
  /** Deletes all entries. */
  clear(): void;
}

/** The handles of operator states, where broadcast states can only be read. */
export type OperatorStateReaders<S extends OperatorStateDescriptors> = {
  readonly [Name in keyof S]: S[Name] extends OperatorStateDescriptor<infer H>
    ? H extends BroadcastState<infer K, infer V>
      ? ReadonlyBroadcastState<K, V>
      : H
    : never;
};

/**
 * Declares a map of which every subtask keeps a copy. All copies are the same as long as every subtask is given the same
 * records and does the same with them, in whatever order they come. A restore gives every subtask one copy; new subtasks get
 * those of the others in turn (RSC-06).
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { broadcastState } from "@tidemark/core/state";
 *
 * const state = { limits: broadcastState<string, number>() };
 * ```
 */
export function broadcastState<K extends Key, V>(options: EvolutionOptions<V> = {}): BroadcastStateDescriptor<K, V> {
  return declareOperatorState(BROADCAST_KIND, options as EvolutionOptions<never>, (place) => {
    const entries = new BroadcastEntries<K, V>(place);
    return {
      handle: entries,
      reader: new BroadcastReader(entries, place.values.state),
      restore: (stored, deal) => entries.restore(copyFor(stored, deal), stored.version),
      freeze: () => entries.freeze(),
    };
  });
}

/** The copy that a subtask goes on with: its own, or that of another one. */
function copyFor(
  { parts }: StoredState,
  { subtask, before }: Parameters<BoundState["restore"]>[1],
): readonly StoredItem[] {
  return parts.find(({ subtasks }) => subtasks.includes(subtask % before))?.items ?? [];
}

interface Entry<K> {
  readonly key: K;
  readonly keyBytes: Uint8Array;
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

class BroadcastEntries<K extends Key, V> implements BroadcastState<K, V> {
  readonly #place: OperatorStatePlace;
  #entries = new Map<KeyIdentity, Entry<K>>();
  #isFrozen = false;

  constructor(place: OperatorStatePlace) {
    this.#place = place;
  }

  get(key: K): DeepReadonly<V> | undefined {
    return this.#entries.get(identityOf(key))?.value as DeepReadonly<V> | undefined;
  }

  has(key: K): boolean {
    return this.#entries.has(identityOf(key));
  }

  set(key: K, value: V | DeepReadonly<V>): void {
    const { values } = this.#place;
    this.#put(identityOf(key), { key: ownKey(key) as K, keyBytes: encodeKey(key), value, bytes: values.encode(value) });
  }

  delete(key: K): void {
    this.#put(identityOf(key), undefined);
  }

  /** Puts an entry in the place of what is there, or takes that away. */
  #put(identity: KeyIdentity, entry: Entry<K> | undefined): void {
    const { values, budget, log } = this.#place;
    const before = this.#entries.get(identity);
    if (before === undefined && entry === undefined) return;
    const more = countOf(entry) - countOf(before);
    const moreBytes = sizeOf(entry) - sizeOf(before);
    budget.change(values.state, more, moreBytes);
    this.#thaw();
    this.#assign(identity, entry);
    log.note(() => {
      this.#assign(identity, before);
      budget.restored(-more, -moreBytes);
    });
  }

  #assign(identity: KeyIdentity, entry: Entry<K> | undefined): void {
    if (entry === undefined) this.#entries.delete(identity);
    else this.#entries.set(identity, entry);
  }

  *entries(): IterableIterator<readonly [K, DeepReadonly<V>]> {
    for (const { key, value } of this.#entries.values()) yield [key, value as DeepReadonly<V>];
  }

  clear(): void {
    const { values, budget, log } = this.#place;
    const [before, wasFrozen] = [this.#entries, this.#isFrozen];
    const bytes = [...before.values()].reduce((sum, entry) => sum + sizeOf(entry), 0);
    budget.change(values.state, -before.size, -bytes);
    this.#entries = new Map();
    this.#isFrozen = false;
    log.note(() => {
      this.#entries = before;
      this.#isFrozen = wasFrozen;
      budget.restored(before.size, bytes);
    });
  }

  restore(items: readonly StoredItem[], version: number): void {
    const { values, budget } = this.#place;
    for (const item of items) {
      const keyBytes = new Uint8Array(item.key as Uint8Array);
      const key = decodeKey(keyBytes) as K;
      const { value, bytes } = values.restore(item.value, version);
      const entry: Entry<K> = { key, keyBytes, value, bytes };
      this.#entries.set(identityOf(key), entry);
      budget.restored(1, sizeOf(entry));
    }
  }

  freeze(): () => readonly StoredItem[] {
    this.#isFrozen = true;
    const entries = this.#entries;
    // In the order of keys: copies that came about in different orders are the same bytes.
    return () =>
      [...entries.values()]
        .toSorted((a, b) => compareBytes(a.keyBytes, b.keyBytes))
        .map(({ keyBytes, bytes }) => ({ key: keyBytes, value: bytes }));
  }

  #thaw(): void {
    if (!this.#isFrozen) return;
    this.#entries = new Map(this.#entries);
    this.#isFrozen = false;
  }
}

/** A broadcast state for records that reach only one of the copies. */
class BroadcastReader<K extends Key, V> implements ReadonlyBroadcastState<K, V> {
  readonly #entries: BroadcastEntries<K, V>;
  readonly #state: string;

  constructor(entries: BroadcastEntries<K, V>, state: string) {
    this.#entries = entries;
    this.#state = state;
  }

  get(key: K): DeepReadonly<V> | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  entries(): IterableIterator<readonly [K, DeepReadonly<V>]> {
    return this.#entries.entries();
  }

  /** For callers without types. @throws {StateError} STATE_READ_ONLY */
  set(): never {
    throw readOnly(this.#state);
  }

  /** For callers without types. @throws {StateError} STATE_READ_ONLY */
  delete(): never {
    throw readOnly(this.#state);
  }

  /** For callers without types. @throws {StateError} STATE_READ_ONLY */
  clear(): never {
    throw readOnly(this.#state);
  }
}

function readOnly(state: string): StateError {
  return new StateError(
    "STATE_READ_ONLY",
    `Cannot change broadcast state "${state}" here: this record reaches one subtask, and every subtask has a copy. Change it in onBroadcast`,
    { details: { state } },
  );
}

function countOf(entry: Entry<Key> | undefined): number {
  return entry === undefined ? 0 : 1;
}

function sizeOf(entry: Entry<Key> | undefined): number {
  return entry === undefined ? 0 : entry.keyBytes.length + entry.bytes.length;
}
