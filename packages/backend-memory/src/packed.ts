import type { KeyRange, StateChanges, StateEntry } from "@tidemark/core";
import { compareBytes } from "@tidemark/core/internal";

/**
 * Entries in the order of keys, packed one behind the other into blocks: length of the key, length of the value (u32 each,
 * big-endian), key, value. No block is ever changed and none is empty, so that whoever holds the list has a snapshot, for a
 * pointer to each block.
 */
export type Packed = readonly Uint8Array[];

/** A block that becomes longer is cut into equal pieces. A longer entry has a block to itself. */
const BLOCK_BYTES = 2_048;

/** A block that becomes shorter takes the next one in. */
const BLOCK_BYTES_MIN = 512;

const HEAD_BYTES = 8;

/** How many entries a slice has at most. */
const SLICE_ENTRIES = 1_000;

/** A key, and its new value: `undefined` if it is deleted. */
interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** The entries after some changes. Costs a copy of each block that is changed. */
export function changed(entries: Packed, { puts, deletes, rangeDeletes }: StateChanges): Packed {
  const rest = rangeDeletes.reduce(without, entries);
  const changes = inOrder([...deletes.map((key): Change => ({ key, value: undefined })), ...puts]);
  const blocks: Uint8Array[] = [];
  const packer = new Packer(blocks);
  let taken = 0;
  for (let at = 0; at < changes.length;) {
    let index = Math.max(taken, blockOf(rest, (changes[at] as Change).key));
    for (; taken < index; taken++) blocks.push(rest[taken] as Uint8Array);
    do {
      const end = endOf(changes, at, rest[index + 1]);
      packer.merge(rest[index] ?? EMPTY, changes, at, end);
      at = end;
      taken = ++index;
    } while (packer.length < BLOCK_BYTES_MIN && index < rest.length);
    packer.flush();
  }
  for (; taken < rest.length; taken++) blocks.push(rest[taken] as Uint8Array);
  return blocks;
}

/**
 * Sorts changes by their keys. The first two bytes are a key group, and the keys of a group have the name of their state in
 * common, which takes most of a comparison: so each group is sorted apart, by what comes after that. Snapshots give one
 * group after the other, so that most groups are there in one run.
 */
function inOrder(changes: readonly Change[]): readonly Change[] {
  const groups = new Map<number, Change[]>();
  let last: Change[] = [];
  let lastGroup = -1;
  for (const change of changes) {
    const { key } = change;
    const keyGroup = ((key[0] as number) << 8) | (key[1] as number);
    if (keyGroup !== lastGroup) {
      last = groups.get(keyGroup) ?? [];
      groups.set(keyGroup, last);
      lastGroup = keyGroup;
    }
    last.push(change);
  }
  const sorted: Change[] = [];
  for (const [, group] of [...groups].sort(([one], [other]) => one - other)) {
    const shared = sharedBytes(group);
    for (const change of group.sort((one, other) => compareBytes(one.key, other.key, shared))) sorted.push(change);
  }
  return sorted;
}

/** How many bytes the keys of some changes begin with that are the same in all of them. */
function sharedBytes(changes: readonly Change[]): number {
  const [{ key: first } = { key: EMPTY }] = changes;
  let shared = first.length;
  for (const { key } of changes) {
    shared = Math.min(shared, key.length);
    for (let at = 0; at < shared; at++) if (key[at] !== first[at]) shared = at;
  }
  return shared;
}

/** The value of a key; `undefined` if there is none. */
export function valueOf(entries: Packed, key: Uint8Array): Uint8Array | undefined {
  const block = entries[blockOf(entries, key)] ?? EMPTY;
  const at = offsetOf(block, 0, key);
  if (at === block.length || compareAt(block, at, key) !== 0) return undefined;
  // A copy: a view would keep the whole block.
  return entryAt(block, at).value.slice();
}

/** The entries of a range in slices, each as `entries` gives it at that moment. */
export async function* slicesOf(
  entries: () => Packed,
  { from, to }: KeyRange,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  for (let last: Uint8Array | undefined; ;) {
    const slice = sliceOf(entries(), last ?? from, last !== undefined, to);
    last = slice.at(-1)?.key;
    if (last === undefined) return;
    yield slice;
  }
}

function sliceOf(entries: Packed, from: Uint8Array, after: boolean, to: Uint8Array): readonly StateEntry[] {
  const slice: StateEntry[] = [];
  let index = blockOf(entries, from);
  let block = entries[index] ?? EMPTY;
  let at = offsetOf(block, 0, from);
  if (after && at < block.length && compareAt(block, at, from) === 0) at = behind(block, at);
  for (; block !== EMPTY; block = entries[++index] ?? EMPTY, at = 0) {
    for (; at < block.length; at = behind(block, at)) {
      if (slice.length === SLICE_ENTRIES || compareAt(block, at, to) >= 0) return slice;
      slice.push(entryAt(block, at));
    }
  }
  return slice;
}

function without(entries: Packed, { from, to }: KeyRange): Packed {
  const first = blockOf(entries, from);
  const kept: Uint8Array[] = [];
  let index = first;
  for (; index < entries.length; index++) {
    const block = entries[index] as Uint8Array;
    if (compareAt(block, 0, to) >= 0) break;
    const start = offsetOf(block, 0, from);
    const end = offsetOf(block, start, to);
    const rest = new Uint8Array(start + block.length - Math.max(start, end));
    rest.set(block.subarray(0, start));
    rest.set(block.subarray(Math.max(start, end)), start);
    if (rest.length > 0) kept.push(rest);
  }
  return [...entries.slice(0, first), ...kept, ...entries.slice(index)];
}

/** Puts blocks together anew. */
class Packer {
  readonly #blocks: Uint8Array[];
  #bytes = new Uint8Array(4 * BLOCK_BYTES);
  #length = 0;

  /** @param blocks where they are added. */
  constructor(blocks: Uint8Array[]) {
    this.#blocks = blocks;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds the entries of a block, with some of the changes. */
  merge(block: Uint8Array, changes: readonly Change[], begin: number, end: number): void {
    let copied = 0;
    for (let next = begin; next < end; next++) {
      const { key, value } = changes[next] as Change;
      const at = offsetOf(block, copied, key);
      this.#copy(block, copied, at);
      copied = at < block.length && compareAt(block, at, key) === 0 ? behind(block, at) : at;
      if (value !== undefined) this.#add(key, value);
    }
    this.#copy(block, copied, block.length);
  }

  /** Ends what was added, in one block or in several of about the same length. */
  flush(): void {
    const whole = this.#bytes.subarray(0, this.#length);
    const least = whole.length / Math.ceil(whole.length / BLOCK_BYTES);
    for (let start = 0, at = 0; at < whole.length;) {
      at = behind(whole, at);
      if (at - start < least && at < whole.length) continue;
      this.#blocks.push(whole.slice(start, at));
      start = at;
    }
    this.#length = 0;
  }

  #add(key: Uint8Array, value: Uint8Array): void {
    const at = this.#room(HEAD_BYTES + key.length + value.length);
    const bytes = this.#bytes;
    setLength(bytes, at, key.length);
    setLength(bytes, at + 4, value.length);
    bytes.set(key, at + HEAD_BYTES);
    bytes.set(value, at + HEAD_BYTES + key.length);
  }

  #copy(block: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    const at = this.#room(to - from);
    this.#bytes.set(block.subarray(from, to), at);
  }

  /** @returns where so many bytes at the end begin, to be written to. */
  #room(bytes: number): number {
    const start = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return start;
  }
}

const EMPTY = new Uint8Array(0);

/** The block that a key is in, or belongs into: the last that does not begin behind it. 0 if all do, or there is none. */
function blockOf(entries: Packed, key: Uint8Array): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAt(entries[middle] as Uint8Array, 0, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Where the changes end that come before the next block. */
function endOf(changes: readonly Change[], start: number, next: Uint8Array | undefined): number {
  if (next === undefined) return changes.length;
  let end = start;
  while (end < changes.length && compareAt(next, 0, (changes[end] as Change).key) > 0) end++;
  return end;
}

/** Where the first entry from `start` on stands whose key does not come before `key`; the length if there is none. */
function offsetOf(block: Uint8Array, start: number, key: Uint8Array): number {
  let at = start;
  while (at < block.length && compareAt(block, at, key) < 0) at = behind(block, at);
  return at;
}

/** Where the entry behind the one at `at` stands. */
function behind(block: Uint8Array, at: number): number {
  return at + HEAD_BYTES + lengthAt(block, at) + lengthAt(block, at + 4);
}

function entryAt(block: Uint8Array, at: number): StateEntry {
  const value = at + HEAD_BYTES + lengthAt(block, at);
  return { key: block.subarray(at + HEAD_BYTES, value), value: block.subarray(value, behind(block, at)) };
}

/** Compares the key of the entry at `at` with another, as {@link compareBytes} does. */
function compareAt(block: Uint8Array, at: number, key: Uint8Array): number {
  const length = lengthAt(block, at);
  const shared = Math.min(length, key.length);
  for (let i = 0; i < shared; i++) {
    const difference = (block[at + HEAD_BYTES + i] as number) - (key[i] as number);
    if (difference !== 0) return difference;
  }
  return length - key.length;
}

function setLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length >>> 24;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
}

function lengthAt(block: Uint8Array, at: number): number {
  const high = ((block[at] as number) << 8) | (block[at + 1] as number);
  return high * 0x1_0000 + (((block[at + 2] as number) << 8) | (block[at + 3] as number));
}
