import type { DeepReadonly } from "../deep-readonly.ts";
import type { StateDescriptor } from "../descriptors.ts";
import { ABSENT, type CellAccess } from "./access.ts";
import { declare } from "./declare.ts";
import { type StateOptions, withOptions } from "./options.ts";
import { hasRoom, setSpan, spanOf, trimSpan } from "./list-chunks.ts";

/** A list per key, to which appending costs the same however long it is. */
export interface ListStateDescriptor<T> extends StateDescriptor<ListState<T>> {
  /** Which kind of state it is. */
  readonly kind: "list";
}

/** What user code holds of a list state. All of it is about the current key. */
export interface ListState<T> {
  /** The items, in the order in which they were added. Takes time in proportion to their number. */
  get(): readonly DeepReadonly<T>[];
  /** Appends an item. */
  add(item: T | DeepReadonly<T>): void;
  /** Appends items. */
  addAll(items: Iterable<T | DeepReadonly<T>>): void;
  /** Replaces all items. */
  update(items: Iterable<T | DeepReadonly<T>>): void;
  /** Removes all items. */
  clear(): void;
}

/**
 * Declares a list per key. It is kept in chunks of half a kilobyte; an append writes the last one anew.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { listState } from "@tidemark/core/state";
 *
 * const state = { visits: listState<{ page: string; at: number }>({ ttl: { after: "30m" } }) };
 * ```
 */
export function listState<T>(options: StateOptions<T> = {}): ListStateDescriptor<T> {
  const handle = (access: CellAccess): ListState<T> => new ListHandle<T>(access);
  return declare("list", withOptions({ kind: "list" }, options), handle);
}

class ListHandle<T> implements ListState<T> {
  readonly #access: CellAccess;

  constructor(access: CellAccess) {
    this.#access = access;
  }

  get(): readonly DeepReadonly<T>[] {
    const { table, slot, strict } = this.#access;
    const row = this.#access.row();
    const { first, next } = spanOf(table, row, slot);
    const items: DeepReadonly<T>[] = [];
    for (let at = first; at < next; at++) {
      const chunk = this.#access.read(table.mapCell(row, slot, at));
      if (chunk !== ABSENT) for (const item of chunk as readonly DeepReadonly<T>[]) items.push(item);
      else if (items.length === 0) trimSpan(table, row, slot, 1);
    }
    return strict ? Object.freeze(items) : items;
  }

  add(item: T | DeepReadonly<T>): void {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    this.#access.check(item, true);
    const { first, next } = spanOf(table, row, slot);
    const last = next > first ? table.mapCell(row, slot, next - 1) : undefined;
    const items = this.#access.peek(last);
    if (last !== undefined && items !== ABSENT && this.#access.joins(last) && hasRoom(items as T[], item)) {
      // A new array: the old one may be on its way into a snapshot.
      this.#access.write(last, [...(items as T[]), item]);
      return;
    }
    this.#access.write(table.newMapCell(row, slot, next), [item]);
    setSpan(table, row, slot, { first, next: next + 1 });
  }

  addAll(items: Iterable<T | DeepReadonly<T>>): void {
    for (const item of items) this.add(item);
  }

  update(items: Iterable<T | DeepReadonly<T>>): void {
    // What is to be kept may come out of the list itself.
    const kept = [...items];
    this.clear();
    this.addAll(kept);
  }

  clear(): void {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    const { first, next } = spanOf(table, row, slot);
    for (let at = first; at < next; at++) {
      const cell = table.mapCell(row, slot, at);
      if (cell !== undefined) table.clear(cell);
    }
    setSpan(table, row, slot, { first: 0, next: 0 });
  }
}
