import type { DeepReadonly } from "../deep-readonly.ts";
import type { EvolutionOptions } from "../evolution.ts";
import type { ItemCodec } from "./item-codec.ts";
import { declareOperatorState, type OperatorStateDescriptor } from "./descriptors.ts";
import { allItems, dealtItems, ListItems } from "./list-items.ts";
import { ListHandle, type SplitListState } from "./split-list.ts";
import type { StoredItem } from "./stored.ts";

/** A list of a subtask, of which every subtask sees all after a restore. */
export interface UnionListStateDescriptor<T> extends OperatorStateDescriptor<UnionListState<T>> {
  /** Tells it from other states. */
  readonly kind: "union-list";
}

/** What user code holds of a union list: the items of its subtask, and besides those that all had at the restored checkpoint. */
export interface UnionListState<T> extends SplitListState<T> {
  /**
   * What all subtasks together had kept at the checkpoint that was restored, those of the first one first; nothing if none
   * was. It stays the same as long as the job runs, and is not written again: what a subtask keeps is its {@link get}.
   */
  restored(): readonly DeepReadonly<T>[];
}

/**
 * Declares a list of each subtask that all can read after a restore (RSC-05). Its own items come back to a subtask as those
 * of a `splitListState` do, so nothing multiplies and nothing is lost, even if the program never looks at `restored()`.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { unionListState } from "@tidemark/core/state";
 *
 * const state = { seen: unionListState<string>() };
 * ```
 */
export function unionListState<T>(options: EvolutionOptions<T> = {}): UnionListStateDescriptor<T> {
  return declareOperatorState("union-list", options as EvolutionOptions<never>, (place) => {
    const handle = new UnionHandle<T>(new ListItems(place), place.values);
    return {
      handle,
      reader: handle,
      restore: (stored, deal) => {
        handle.items.restore(dealtItems(stored, deal), stored.version);
        handle.showAll(allItems(stored), stored.version);
      },
      freeze: () => handle.items.freeze(),
    };
  });
}

class UnionHandle<T> extends ListHandle<T> implements UnionListState<T> {
  readonly items: ListItems;
  readonly #codec: ItemCodec;
  #restored: readonly DeepReadonly<T>[] = [];

  constructor(items: ListItems, codec: ItemCodec) {
    super(items);
    this.items = items;
    this.#codec = codec;
  }

  restored(): readonly DeepReadonly<T>[] {
    return this.#restored;
  }

  showAll(items: readonly StoredItem[], version: number): void {
    this.#restored = items.map(({ value }) => this.#codec.restore(value, version).value as DeepReadonly<T>);
  }
}
