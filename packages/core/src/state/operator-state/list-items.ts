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
    const { values: codec, budget, log } = this.#place;
    const added = this.#encoded(values);
    const bytes = bytesOf(added);
    budget.change(codec.state, added.length, bytes);
    this.#thaw();
    for (const item of added) this.#items.push(item);
    log.note(() => {
      this.#items.length -= added.length;
      budget.restored(-added.length, -bytes);
    });
  }

  replace(values: readonly unknown[]): void {
    const { values: codec, budget, log } = this.#place;
    const items = this.#encoded(values);
    const [before, wasFrozen] = [this.#items, this.#isFrozen];
    const [more, moreBytes] = [items.length - before.length, bytesOf(items) - bytesOf(before)];
    budget.change(codec.state, more, moreBytes);
    this.#items = items;
    this.#isFrozen = false;
    log.note(() => {
      this.#items = before;
      this.#isFrozen = wasFrozen;
      budget.restored(-more, -moreBytes);
    });
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
