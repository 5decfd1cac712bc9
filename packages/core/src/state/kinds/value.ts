import type { StateDescriptor } from "../descriptors.ts";
import type { BoundDescriptor, StatePlace } from "./access.ts";

/** A single value per key. */
export interface ValueStateDescriptor<T> extends StateDescriptor<ValueState<T>> {
  readonly kind: "value";
}

/** What user code holds of a value state. All of it is about the current key. */
export interface ValueState<T> {
  /** The value, or the declared initial one. Do not change it in place: use {@link update}. */
  get(): T;
  update(next: T): void;
  /** Back to the initial value; frees the entry. */
  clear(): void;
}

/**
 * Declares a single value per key.
 *
 * @param initial what `get()` gives while nothing was written. Default: `undefined`.
 */
export function valueState<T>(): ValueStateDescriptor<T | undefined>;
export function valueState<T>(initial: T): ValueStateDescriptor<T>;
export function valueState<T>(initial?: T): ValueStateDescriptor<T | undefined> {
  const descriptor: BoundDescriptor<ValueState<T | undefined>> & { readonly kind: "value" } = {
    kind: "value",
    storage: "value",
    bind: (place) => new ValueHandle(place, initial),
  };
  return descriptor;
}

class ValueHandle<T> implements ValueState<T> {
  readonly #place: StatePlace;
  readonly #initial: T;

  constructor(place: StatePlace, initial: T) {
    this.#place = place;
    this.#initial = initial;
  }

  get(): T {
    const { table, context, slot } = this.#place;
    const cell = table.heldCell(context.current(), slot);
    if (cell === undefined || !cell.present) return this.#initial;
    table.protect(cell);
    return cell.value as T;
  }

  update(next: T): void {
    const { table, context, slot } = this.#place;
    const cell = table.cell(context.current(), slot);
    table.claim(cell);
    cell.value = next;
    cell.present = true;
  }

  clear(): void {
    const { table, context, slot } = this.#place;
    const cell = table.heldCell(context.current(), slot);
    if (cell !== undefined) table.clear(cell);
  }
}
