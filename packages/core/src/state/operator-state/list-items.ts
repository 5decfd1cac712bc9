import type { BoundState, OperatorStatePlace } from "./descriptors.ts";
import type { StoredItem, StoredState } from "./stored.ts";

interface Item {
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

/**
 * The items of a list, each with its bytes. A freeze hands the array itself over; the first change after it works on a copy.
 */
export class ListItems {
  readonly #place: OperatorStatePlace;
  #items: Item[] = [];
  #isFrozen = false;

  constructor(place: OperatorStatePlace) {
    this.#place = place;
  }

  get values(): readonly unknown[] {
    return this.#items.map(({ value }) => value);
  }

  add(values: readonly unknown[]): void {
    const added = this.#encoded(values);
    this.#place.budget.change(this.#place.values.state, added.length, bytesOf(added));
    this.#thaw();
    for (const item of added) this.#items.push(item);
  }

  replace(values: readonly unknown[]): void {
    const { values: codec, budget } = this.#place;
    const items = this.#encoded(values);
    budget.change(codec.state, items.length - this.#items.length, bytesOf(items) - bytesOf(this.#items));
    this.#items = items;
    this.#isFrozen = false;
  }

  restore(items: readonly StoredItem[], version: number): void {
    const { values: codec, budget } = this.#place;
    this.#items = items.map(({ value }): Item => codec.restore(value, version));
    budget.restored(this.#items.length, bytesOf(this.#items));
  }

  freeze(): () => readonly StoredItem[] {
    this.#isFrozen = true;
    const items = this.#items;
    return () => items.map(({ bytes }) => ({ value: bytes }));
  }

  #encoded(values: readonly unknown[]): Item[] {
    return values.map((value): Item => ({ value, bytes: this.#place.values.encode(value) }));
  }

  #thaw(): void {
    if (!this.#isFrozen) return;
    this.#items = [...this.#items];
    this.#isFrozen = false;
  }
}

function bytesOf(items: readonly Item[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** All items of a state, those of the first subtask first. */
export function allItems({ parts }: StoredState): readonly StoredItem[] {
  return parts.flatMap(({ items }) => items);
}

/**
 * The items that a subtask of so many goes on with: its own where their number has not changed; otherwise all are dealt out
 * one by one, in their order, to one subtask after the other (RSC-04).
 */
export function dealtItems(
  state: StoredState,
  { subtask, parallelism, before, first }: Parameters<BoundState["restore"]>[1],
): readonly StoredItem[] {
  if (before === parallelism) return state.parts.find(({ subtasks }) => subtasks.includes(subtask))?.items ?? [];
  return allItems(state).filter((_, at) => (first + at) % parallelism === subtask);
}
