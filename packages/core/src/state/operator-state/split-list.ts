import type { DeepReadonly } from "../deep-readonly.ts";
import type { EvolutionOptions } from "../evolution.ts";
import { declareOperatorState, type OperatorStateDescriptor } from "./descriptors.ts";
import { dealtItems, ListItems } from "./list-items.ts";

/** A list of a subtask, whose items are dealt out anew when the number of subtasks changes. */
export interface SplitListStateDescriptor<T> extends OperatorStateDescriptor<SplitListState<T>> {
  /** Tells it from other states. */
  readonly kind: "split-list";
}

/** What user code holds of a list of its subtask. */
export interface SplitListState<T> {
  /** The items of this subtask, in the order in which they were added. They are not to be changed in place. */
  get(): readonly DeepReadonly<T>[];
  /**
   * Appends an item.
   *
   * @throws {StateError} STATE_TOO_LARGE if the subtask would keep too much.
   */
  add(item: T | DeepReadonly<T>): void;
  /** Appends items, all of them or, where they are too much, none. */
  addAll(items: Iterable<T | DeepReadonly<T>>): void;
  /** Replaces all items, or none where the new ones are too much. */
  update(items: Iterable<T | DeepReadonly<T>>): void;
  /** Removes all items. */
  clear(): void;
}

/**
 * Declares a list of each subtask. A restore at the same parallelism gives every subtask its own items; at another one, the
 * items of all subtasks are dealt out evenly, one after the other (RSC-04). None is lost, and none is there twice.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { splitListState } from "@tidemark/core/state";
 *
 * const state = { waiting: splitListState<{ url: string }>() };
 * ```
 */
export function splitListState<T>(options: EvolutionOptions<T> = {}): SplitListStateDescriptor<T> {
  return declareOperatorState("split-list", options as EvolutionOptions<never>, (place) => {
    const items = new ListItems(place);
    const handle = new ListHandle<T>(items);
    return {
      handle,
      reader: handle,
      restore: (stored, deal) => items.restore(dealtItems(stored, deal), stored.version),
      freeze: () => items.freeze(),
    };
  });
}

/** A handle over the items of a subtask. */
export class ListHandle<T> implements SplitListState<T> {
  readonly #items: ListItems;

  constructor(items: ListItems) {
    this.#items = items;
  }

  get(): readonly DeepReadonly<T>[] {
    return this.#items.values as readonly DeepReadonly<T>[];
  }

  add(item: T | DeepReadonly<T>): void {
    this.#items.add([item]);
  }

  addAll(items: Iterable<T | DeepReadonly<T>>): void {
    this.#items.add([...items]);
  }

  update(items: Iterable<T | DeepReadonly<T>>): void {
    this.#items.replace([...items]);
  }

  clear(): void {
    this.#items.replace([]);
  }
}
