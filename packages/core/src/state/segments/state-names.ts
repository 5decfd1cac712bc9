import { compareBytes, equalBytes, isPrefix } from "../../bytes/compare.ts";
import type { KeyRange } from "../backend.ts";
import { textEnd } from "../key-primitives.ts";

/**
 * Which states a layer or a store has entries of: the bytes behind the key group with which each of its keys begins, one
 * of these. Deletes of a layer are entries too. `undefined`: it is not told.
 */
export type StateNames = readonly Uint8Array[] | undefined;

/** Of more states than this, or where their names take more bytes, nothing is told. */
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
    this.#last = this.#names.find((name) => isPrefix(name, key, GROUP_BYTES)) ?? this.#taken(nameOf(key));
  }

  /** Notes the states that others have entries of. */
  addAll(names: StateNames): void {
    if (names === undefined) this.#names = undefined;
    for (const name of names ?? []) {
      if (this.#names?.every((known) => !equalBytes(known, name)) === true) this.#taken(name);
    }
  }

  /** Keeps a new name. If there is none, or there are too many, nothing is told from now on. */
  #taken(name: Uint8Array | undefined): Uint8Array | undefined {
    const names = this.#names;
    this.#sizeBytes += name?.length ?? 0;
    const isTold = names !== undefined && names.length < NAMES_MAX && this.#sizeBytes <= NAMES_BYTES_MAX;
    if (name === undefined || !isTold) return (this.#names = undefined);
    names.push(name);
    return name;
  }
}

/** Whether there may be entries within a range, as far as the names of the states tell. */
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

/** The name of the state in a key of state: operator and state, behind the key group. `undefined`: it is another kind of key. */
function nameOf(key: Uint8Array): Uint8Array | undefined {
  const operatorEnd = textEnd(key, GROUP_BYTES);
  const stateEnd = operatorEnd < 0 ? -1 : textEnd(key, operatorEnd);
  return stateEnd < 0 ? undefined : key.slice(GROUP_BYTES, stateEnd);
}
