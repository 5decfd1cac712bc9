/**
 * Operator state as checkpoints and savepoints hold it: what the subtasks of an operator keep besides keys. See
 * docs/format.md, "Operator state".
 *
 * @module
 */
import { equalBytes } from "../../bytes/compare.ts";
import type { SlotShape } from "../layout.ts";

/** One item of a list, or one entry of a broadcast state. */
export interface StoredItem {
  /** Of an entry: its key, by the key codec. */
  readonly key?: Uint8Array;
  /** An encoded value. */
  readonly value: Uint8Array;
}

/** What a subtask kept of one state: all of it, in its order. */
export interface StoredPart {
  /** The subtasks that kept exactly this, ascending: one, but for copies of a broadcast state. */
  readonly subtasks: readonly number[];
  readonly items: readonly StoredItem[];
}

/** One state of an operator. All items have its version: they are written together. */
export interface StoredState extends SlotShape {
  /** In the order of their first subtasks. A subtask that kept nothing is in none of them. */
  readonly parts: readonly StoredPart[];
}

/** The operator state of one operator. */
export interface StoredOperatorState {
  readonly operatorId: string;
  /** How many subtasks it had. */
  readonly parallelism: number;
  /** In the order of their names. */
  readonly states: readonly StoredState[];
}

/** What one subtask adds to a checkpoint, of one state. */
export interface StateItems extends SlotShape {
  readonly items: readonly StoredItem[];
}

/** What the subtasks of one operator have kept, as a checkpoint holds it. */
export function gatherParts(
  operatorId: string,
  parallelism: number,
  kept: readonly { readonly subtask: number; readonly states: readonly StateItems[] }[],
): StoredOperatorState {
  const shapes = new Map(kept.flatMap(({ states }) => states.map((state) => [state.name, state] as const)));
  const inOrder = kept.toSorted((a, b) => a.subtask - b.subtask);
  const states = [...shapes.values()].map(({ name, kind, version }): StoredState => {
    const parts = inOrder.flatMap(({ subtask, states: own }): readonly StoredPart[] => {
      const items = own.find((state) => state.name === name)?.items ?? [];
      return items.length === 0 ? [] : [{ subtasks: [subtask], items }];
    });
    return { name, kind, version, parts: kind === BROADCAST_KIND ? copiesOnce(parts) : parts };
  });
  return { operatorId, parallelism, states: states.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** The kind of which every subtask keeps a copy, as long as the program treats them alike. */
export const BROADCAST_KIND = "broadcast";

function copiesOnce(parts: readonly StoredPart[]): readonly StoredPart[] {
  const copies: StoredPart[] = [];
  for (const { subtasks, items } of parts) {
    const same = copies.findIndex((copy) => areSame(copy.items, items));
    const found = copies[same];
    if (found === undefined) copies.push({ subtasks, items });
    else copies[same] = { subtasks: [...found.subtasks, ...subtasks], items };
  }
  return copies;
}

function areSame(one: readonly StoredItem[], other: readonly StoredItem[]): boolean {
  const isSame = ({ key, value }: StoredItem, { key: otherKey, value: otherValue }: StoredItem): boolean =>
    equalBytes(value, otherValue) && equalBytes(key as Uint8Array, otherKey as Uint8Array);
  return one.length === other.length && one.every((item, at) => isSame(item, other[at] as StoredItem));
}
