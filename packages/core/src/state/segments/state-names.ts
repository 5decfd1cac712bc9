import { compareBytes, isPrefix } from "../../bytes/compare.ts";
import type { KeyRange } from "../backend.ts";
import { textEnd } from "../key-primitives.ts";

/**
 * Which states a layer has entries of, deletes included: the bytes behind the key group with which each of its keys begins, one
 * of these. `undefined`: it is not told.
 */
export type StateNames = readonly Uint8Array[] | undefined;

/** A layer of more states than this, or with names that take more bytes, does not tell them. */
const NAMES_MAX = 64;
const NAMES_BYTES_MAX = 4_096;

/** Where a key group ends. */
const GROUP_BYTES = 2;

/** Gathers the names of the states of which there are entries. */
export class NamesSeen {
  #names: Uint8Array[] | undefined = [];
  #last: Uint8Array | undefined = undefined;
  #sizeBytes = 0;

  /** In the order in which they came. */
  get names(): StateNames {
    return this.#names;
  }

  /** Notes the state of an entry. */
  add(key: Uint8Array): void {
    // Keys come in order: nearly always it is the state of the one before.
    if (this.#names === undefined || (this.#last !== undefined && isPrefix(this.#last, key, GROUP_BYTES))) return;
    this.#last = this.#names.find((name) => isPrefix(name, key, GROUP_BYTES)) ?? this.#taken(this.#names, key);
    if (this.#last === undefined) this.#names = undefined;
  }

  /** The name that a key brings; `undefined` if it has none, or there are too many. */
  #taken(names: Uint8Array[], key: Uint8Array): Uint8Array | undefined {
    const end = stateEnd(key);
    if (end < 0) return undefined;
    const name = key.slice(GROUP_BYTES, end);
    this.#sizeBytes += name.length;
    if (names.length === NAMES_MAX || this.#sizeBytes > NAMES_BYTES_MAX) return undefined;
    names.push(name);
    return name;
  }
}

/** Whether a layer may have entries within a range, as far as the names of its states tell. */
export function mayHaveWithin(names: StateNames, { from, to }: KeyRange): boolean {
  if (names === undefined) return true;
  const groups = groupOf(to) - groupOf(from);
  return names.some((name) => {
    const isBehindFrom = compareBytes(from.subarray(GROUP_BYTES, GROUP_BYTES + name.length), name) <= 0;
    const isBeforeTo = compareBytes(name, to.subarray(GROUP_BYTES)) < 0;
    if (groups === 0) return isBehindFrom && isBeforeTo;
    // Of the first key group what comes behind, of the last what comes before, of any between them all.
    return groups > 1 || isBehindFrom || isBeforeTo;
  });
}

function groupOf(key: Uint8Array): number {
  return ((key[0] ?? 0) << 8) | (key[1] ?? 0);
}

/** Where the name of the state ends in a key of state: behind key group, operator and state. -1: it is another kind of key. */
function stateEnd(key: Uint8Array): number {
  const operatorEnd = textEnd(key, GROUP_BYTES);
  return operatorEnd < 0 ? -1 : textEnd(key, operatorEnd);
}
