/** What a {@link ShardedMap} can be keyed by. */
export type MapKey = string | number | bigint | boolean | null;

/** The entries for which a map has one shard: on average, and while a round of splits is under way up to twice as many. */
export const SHARD_ENTRIES = 4_096;

/** Up to so many entries a map has no shards: what choosing one costs is more than what a `Map` of them takes to grow. */
export const LONE_ENTRIES: number = 32 * SHARD_ENTRIES;

/** So many entries go from the lone `Map` to the shards with each insertion. */
const DEALT_AT_ONCE = 8;

/**
 * A map that grows in steps. A `Map` that grows moves everything it has at once, which takes seconds when that is ten
 * million entries. Up to {@link LONE_ENTRIES} it is a single `Map` all the same, and with one entry not even that: there are
 * many maps of one entry.
 */
export class ShardedMap<K extends MapKey, V> {
  #loneKey: K | undefined = undefined;
  #loneValue: V | undefined = undefined;
  /** From the second entry on. */
  #only: Map<K, V> | undefined = undefined;
  #shards: Shards<K, V> | undefined = undefined;
  /** Open walks: what has been seen must not move meanwhile. */
  #walks = 0;

  get size(): number {
    if (this.#only !== undefined) return this.#only.size;
    if (this.#shards !== undefined) return this.#shards.size;
    return this.#loneKey === undefined ? 0 : 1;
  }

  get(key: K): V | undefined {
    if (this.#only !== undefined) return this.#only.get(key);
    if (this.#shards !== undefined) return this.#shards.get(key);
    return key === this.#loneKey ? this.#loneValue : undefined;
  }

  set(key: K, value: V): void {
    const only = this.#only;
    if (only !== undefined) {
      only.set(key, value);
      if (only.size <= LONE_ENTRIES || this.#walks > 0) return;
      this.#shards = new Shards(only);
      this.#only = undefined;
    } else if (this.#shards !== undefined) {
      this.#shards.set(key, value, this.#walks === 0);
    } else if (this.#loneKey === undefined || this.#loneKey === key) {
      this.#loneKey = key;
      this.#loneValue = value;
    } else {
      this.#addSecond(key, value);
    }
  }

  /** Adds the values to a list, at less cost than {@link values}. */
  valuesInto(list: V[]): void {
    if (this.#only !== undefined) for (const value of this.#only.values()) list.push(value);
    else if (this.#shards !== undefined) for (const value of this.#shards.values()) list.push(value);
    else if (this.#loneKey !== undefined) list.push(this.#loneValue as V);
  }

  #addSecond(key: K, value: V): void {
    const only = new Map<K, V>();
    only.set(this.#loneKey as K, this.#loneValue as V);
    only.set(key, value);
    this.#only = only;
    this.#loneKey = undefined;
    this.#loneValue = undefined;
  }

  delete(key: K): boolean {
    if (this.#only !== undefined) return this.#only.delete(key);
    if (this.#shards !== undefined) return this.#shards.delete(key);
    if (key !== this.#loneKey) return false;
    this.#loneKey = undefined;
    this.#loneValue = undefined;
    return true;
  }

  /** The values. Entries may come and go meanwhile: each that stays is given once. */
  *values(): IterableIterator<V> {
    this.#walks++;
    try {
      if (this.#only !== undefined) yield* this.#only.values();
      else if (this.#shards !== undefined) yield* this.#shards.values();
      else if (this.#loneKey !== undefined) yield* this.#loneAndNext(this.#loneKey);
    } finally {
      this.#walks--;
    }
  }

  /** A lone entry may get company while it is shown. */
  *#loneAndNext(lone: K): IterableIterator<V> {
    yield this.#loneValue as V;
    for (const [key, value] of this.#only ?? []) if (key !== lone) yield value;
  }
}

/**
 * The entries of a large map in `Map`s of moderate size. One is split each time the entries have become enough for one more,
 * so no insertion ever moves more than two of them hold. (Linear hashing: Litwin, Linear Hashing: A New Tool for File and
 * Table Addressing, VLDB 1980.)
 */
class Shards<K extends MapKey, V> {
  readonly #shards: Map<K, V>[];
  /** What is left of the lone map while it is dealt out to the shards. */
  #old: Map<K, V> | undefined;
  /** Where dealing it out has come to: to begin anew would mean to pass over all that is gone from it. */
  readonly #dealing: MapIterator<[K, V]>;
  /** How many shards there were when the round of splits began: a power of two. */
  #base = LONE_ENTRIES / SHARD_ENTRIES;
  /** The next shard to be split. */
  #next = 0;
  #size: number;

  constructor(lone: Map<K, V>) {
    this.#shards = Array.from({ length: this.#base }, () => new Map<K, V>());
    this.#old = lone;
    this.#dealing = lone.entries();
    this.#size = lone.size;
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#shardOf(key).get(key) ?? this.#old?.get(key);
  }

  /** @param mayMove whether entries may go to another shard: not while somebody walks through them. */
  set(key: K, value: V, mayMove: boolean): void {
    if (this.#old !== undefined) {
      if (mayMove) this.#deal(this.#old);
      if (this.#old?.has(key)) {
        this.#old.set(key, value);
        return;
      }
    }
    const shard = this.#shardOf(key);
    const before = shard.size;
    shard.set(key, value);
    this.#size += shard.size - before;
    if (mayMove && this.#old === undefined && this.#size > this.#shards.length * SHARD_ENTRIES) this.#split();
  }

  delete(key: K): boolean {
    const found = this.#shardOf(key).delete(key) || (this.#old?.delete(key) ?? false);
    if (found) this.#size--;
    return found;
  }

  *values(): IterableIterator<V> {
    const all = this.#old === undefined ? this.#shards : [...this.#shards, this.#old];
    for (const shard of all) yield* shard.values();
  }

  #shardOf(key: K): Map<K, V> {
    return this.#shards[this.#placeOf(hashOf(key))] as Map<K, V>;
  }

  #placeOf(hash: number): number {
    const place = hash & (this.#base - 1);
    return place < this.#next ? hash & (2 * this.#base - 1) : place;
  }

  #deal(old: Map<K, V>): void {
    for (let left = DEALT_AT_ONCE; left > 0; left--) {
      const { value: entry } = this.#dealing.next();
      if (entry === undefined) {
        this.#old = undefined;
        return;
      }
      const [key, value] = entry;
      old.delete(key);
      this.#shardOf(key).set(key, value);
    }
  }

  /** Moves the entries of one shard that belong to the next new one. */
  #split(): void {
    const target = this.#base + this.#next;
    const mask = 2 * this.#base - 1;
    const staying = new Map<K, V>();
    const moving = new Map<K, V>();
    for (const [key, value] of this.#shards[this.#next] as Map<K, V>) {
      ((hashOf(key) & mask) === target ? moving : staying).set(key, value);
    }
    this.#shards[this.#next] = staying;
    this.#shards.push(moving);
    this.#next++;
    if (this.#next < this.#base) return;
    this.#base *= 2;
    this.#next = 0;
  }
}

/** Longer texts are hashed by their ends: what they cost is bounded. */
const HASHED_CHARACTERS = 32;

/** Spreads keys over shards. Never stored, so it may change. (FNV-1a for text; the finish of MurmurHash3 for all.) */
function hashOf(key: MapKey): number {
  switch (typeof key) {
    case "string":
      return mixed(hashOfText(key));
    case "number":
      return mixed(Number.isSafeInteger(key) ? (key ^ Math.floor(key / 0x1_0000_0000)) | 0 : hashOfText(`${key}`));
    case "bigint":
      return mixed(Number(BigInt.asIntN(32, key)));
    default:
      return key === true ? 1 : 0;
  }
}

function hashOfText(text: string): number {
  let hash = 0x811c_9dc5;
  const { length } = text;
  const head = length > 2 * HASHED_CHARACTERS ? HASHED_CHARACTERS : length;
  for (let at = 0; at < head; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  for (let at = Math.max(head, length - HASHED_CHARACTERS); at < length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  }
  return hash;
}

function mixed(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
