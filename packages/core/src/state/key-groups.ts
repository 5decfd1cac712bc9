/**
 * Key groups: the unit in which keyed state is dealt out to subtasks. A key's group never changes while its job lives; a
 * subtask owns a range of groups, so a rescale moves whole ranges (Flink's `KeyGroupRangeAssignment`, same formulas).
 *
 * @module
 */

import { borrowWriter, returnWriter } from "../bytes/scratch.ts";
import { type Key, writeKey } from "./key-codec.ts";
import { KeyTag, orderedHigh, orderedLow } from "./key-primitives.ts";

/** The version of the key hash. Every snapshot of keyed state names it; another number means another algorithm. */
export const KEY_HASH_VERSION = 0;

/** The most key groups a job can have, and so the most subtasks of a stage. */
export const KEY_GROUPS_MAX = 32_768;

/** The fewest that {@link defaultKeyGroups} gives. */
const KEY_GROUPS_DEFAULT_MIN = 128;

/** "tide" in ASCII. */
const SEED = 0x74696465;
const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** Key groups `first` to `last`, both included. It is empty if `last < first`. */
export interface KeyGroupRange {
  /** The first of them. */
  readonly first: number;
  /** The last of them, which is one of them. */
  readonly last: number;
}

/** The key hash: MurmurHash3 x86 32 (Appleby, public domain) with the seed 0x74696465. An unsigned 32-bit number. */
export function hashBytes(bytes: Uint8Array): number {
  const length = bytes.length;
  const blocks = length - (length % 4);
  let hash = SEED;
  let i = 0;
  for (; i < blocks; i += 4) {
    const block =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash = mix(hash, block);
  }
  let tail = 0;
  for (let shift = 0; i < length; i++, shift += 8) tail |= (bytes[i] as number) << shift;
  return finish(hash, tail, length);
}

/**
 * The key group of an encoded key: its hash modulo the number of groups.
 *
 * @throws {RangeError} if `keyGroups` is not an integer from 1 to 32768.
 */
export function keyGroupOfBytes(bytes: Uint8Array, keyGroups: number): number {
  checkKeyGroups(keyGroups);
  return remainder(hashBytes(bytes), keyGroups);
}

/**
 * The key group of a key: the same as of its bytes, without making them if the key is a string or a number.
 *
 * @throws {SerializationError} KEY_UNSUPPORTED if it can be no key.
 * @throws {RangeError} if `keyGroups` is not an integer from 1 to 32768.
 */
export function keyGroupOf(key: Key, keyGroups: number): number {
  checkKeyGroups(keyGroups);
  return remainder(hashKey(key), keyGroups);
}

/** Whether the key group in front of a key is within a range. */
export function isInKeyGroups(keyGroups: KeyGroupRange, key: Uint8Array): boolean {
  if (key.length < 2) return false;
  const group = ((key[0] as number) << 8) | (key[1] as number);
  return group >= keyGroups.first && group <= keyGroups.last;
}

/**
 * The key groups that a subtask owns: ceil(i * max / p) to floor(((i + 1) * max - 1) / p).
 *
 * @throws {RangeError} if the three do not fit together.
 */
export function keyGroupRange(subtask: number, parallelism: number, keyGroups: number): KeyGroupRange {
  checkParallelism(parallelism, keyGroups);
  checkIndex("subtask", subtask, parallelism);
  return {
    first: Math.ceil((subtask * keyGroups) / parallelism),
    last: Math.floor(((subtask + 1) * keyGroups - 1) / parallelism),
  };
}

/**
 * The subtask that owns a key group: floor(group * p / max).
 *
 * @throws {RangeError} if the three do not fit together.
 */
export function subtaskOfKeyGroup(keyGroup: number, parallelism: number, keyGroups: number): number {
  checkParallelism(parallelism, keyGroups);
  checkIndex("key group", keyGroup, keyGroups);
  return Math.floor((keyGroup * parallelism) / keyGroups);
}

/**
 * How many key groups a job gets that does not say: one and a half times its parallelism, up to the next power of two,
 * within 128 and 32768.
 */
export function defaultKeyGroups(parallelism: number): number {
  checkParallelism(parallelism, KEY_GROUPS_MAX);
  const wanted = parallelism + Math.floor(parallelism / 2);
  let groups = KEY_GROUPS_DEFAULT_MIN;
  while (groups < wanted && groups < KEY_GROUPS_MAX) groups *= 2;
  return groups;
}

/** `| 0`: an engine that keeps large hashes as floating point would keep the group so too, in an object for each row. */
function remainder(hash: number, keyGroups: number): number {
  return (hash % keyGroups) | 0;
}

function hashKey(key: Key): number {
  if (typeof key === "string") return hashString(key);
  if (typeof key === "number" && Number.isFinite(key)) return hashNumber(key);
  return hashEncoded(key);
}

/**
 * {@link hashBytes} of a string key, read from its characters as long as each is the byte that stands for it: 00 and 01
 * are escaped, and from 80 on a character is more than one byte. The tag in front shifts the blocks by one, so the last
 * character of each four is carried into the next block; the terminator behind is a zero byte and only adds length.
 */
function hashString(text: string): number {
  const units = text.length;
  let hash = SEED;
  let carry: number = KeyTag.string;
  let i = 0;
  for (; i + 4 <= units; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d | (a - 2) | (b - 2) | (c - 2) | (d - 2)) >>> 0 >= 0x80) return hashEncoded(text);
    hash = mix(hash, carry | (a << 8) | (b << 16) | (c << 24));
    carry = d;
  }
  const rest = units - i;
  for (let shift = 8; i < units; i++, shift += 8) {
    const unit = text.charCodeAt(i);
    if ((unit | (unit - 2)) >>> 0 >= 0x80) return hashEncoded(text);
    carry |= unit << shift;
  }
  return rest >= 2 ? finish(mix(hash, carry), 0, units + 2) : finish(hash, carry, units + 2);
}

/** {@link hashBytes} of a number key: a tag and eight bytes, big-endian, which Murmur reads as little-endian blocks. */
function hashNumber(value: number): number {
  const high = orderedHigh(value);
  const low = orderedLow();
  let hash = mix(SEED, KeyTag.number | ((high >>> 24) << 8) | (((high >>> 16) & 0xff) << 16) | ((high >>> 8) << 24));
  hash = mix(hash, (high & 0xff) | ((low >>> 24) << 8) | (((low >>> 16) & 0xff) << 16) | ((low >>> 8) << 24));
  return finish(hash, low & 0xff, 9);
}

function hashEncoded(key: Key): number {
  const writer = borrowWriter();
  writeKey(writer, key);
  const hash = hashBytes(writer.view());
  returnWriter(writer);
  return hash;
}

function scramble(block: number): number {
  const scaled = Math.imul(block, C1);
  return Math.imul((scaled << 15) | (scaled >>> 17), C2);
}

function mix(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, tail: number, length: number): number {
  let mixed = hash ^ scramble(tail) ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function checkKeyGroups(keyGroups: number): void {
  if ((keyGroups & 0xffff) === keyGroups && keyGroups > 0 && keyGroups <= KEY_GROUPS_MAX) return;
  throw new RangeError(`Cannot use ${keyGroups} key groups: not an integer from 1 to ${KEY_GROUPS_MAX}`);
}

function checkParallelism(parallelism: number, keyGroups: number): void {
  checkKeyGroups(keyGroups);
  if (Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= keyGroups) return;
  throw new RangeError(`Cannot use parallelism ${parallelism}: not an integer from 1 to ${keyGroups}, the key groups`);
}

function checkIndex(what: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new RangeError(`Cannot use ${what} ${index}: not an integer from 0 to ${count - 1}`);
}
