import type { Misuse } from "../../misuse.ts";
import type { DeepReadonly } from "../deep-readonly.ts";
import type { StateDescriptor } from "../descriptors.ts";
import type { Key } from "../key-codec.ts";
import type { Row } from "../row.ts";
import { ABSENT, type CellAccess } from "./access.ts";
import { type Declaration, declare, refuseOptions } from "./declare.ts";

/** A map per key, whose entries are read, written and checkpointed one by one. */
export interface MapStateDescriptor<K extends Key, V> extends StateDescriptor<MapState<K, V>> {
  /** Which kind of state it is. */
  readonly kind: "map";
}

/** What user code holds of a map state. All of it is about the current key. */
export interface MapState<K extends Key, V> {
  /** The entry's value; `undefined` if there is none. It is not to be changed in place: use {@link set}. */
  get(key: K): DeepReadonly<V> | undefined;
  /** Whether there is an entry. */
  has(key: K): boolean;
  /** Makes an entry, or gives it another value. */
  set(key: K, value: V | DeepReadonly<V>): void;
  /** Deletes an entry. One that is not there is no error. */
  delete(key: K): void;
  /**
   * The entries: in the order in which they were added since the start of the process or, of a map that is only partly in
   * memory, in no order to rely on.
   */
  entries(): IterableIterator<readonly [K, DeepReadonly<V>]>;
  /** Forgets all that is kept for the key. */
  clear(): void;
}

/**
 * Declares a map per key. The function of this name in `@tidemark/core/state` takes options too.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is given options.
 *
 * @example
 * ```ts
 * import { mapState } from "@tidemark/core";
 *
 * const state = { visitsOfPages: mapState<string, number>() };
 * ```
 */
export function mapState<K extends Key, V>(): MapStateDescriptor<K, V>;
/** What the compiler says to options. */
export function mapState<K extends Key, V>(
  misuse: Misuse<"The mapState of @tidemark/core takes no options. Import the one of @tidemark/core/state, which does.">,
): MapStateDescriptor<K, V>;
export function mapState<K extends Key, V>(...options: readonly unknown[]): MapStateDescriptor<K, V> {
  refuseOptions("mapState", options);
  return declareMap({ kind: "map" });
}

/** Makes the descriptor of a map. */
export function declareMap<K extends Key, V>(declaration: Declaration): MapStateDescriptor<K, V> {
  return declare("map", declaration, (access) => new MapHandle<K, V>(access) as MapState<K, V>);
}

class MapHandle<K extends Key, V> implements MapState<K, V> {
  readonly #access: CellAccess;

  constructor(access: CellAccess) {
    this.#access = access;
  }

  get(key: K): DeepReadonly<V> | undefined {
    const { table, slot } = this.#access;
    const value = this.#access.read(table.mapCell(this.#access.row(), slot, key));
    return value === ABSENT ? undefined : (value as DeepReadonly<V>);
  }

  has(key: K): boolean {
    const { table, slot } = this.#access;
    return this.#access.has(table.mapCell(this.#access.row(), slot, key));
  }

  set(key: K, value: V | DeepReadonly<V>): void {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    this.#access.check(value, true);
    this.#access.write(table.newMapCell(row, slot, key), value);
  }

  delete(key: K): void {
    const { table, slot } = this.#access;
    const cell = table.mapCell(this.#access.row(), slot, key);
    if (cell !== undefined) table.clear(cell);
  }

  entries(): IterableIterator<readonly [K, DeepReadonly<V>]> {
    return this.#entriesOf(this.#access.row());
  }

  *#entriesOf(row: Row): IterableIterator<readonly [K, DeepReadonly<V>]> {
    const { table, slot } = this.#access;
    for (const cell of table.mapCells(row, slot)) {
      const value = this.#access.read(cell);
      if (value !== ABSENT) yield [cell.subkey as K, value as DeepReadonly<V>];
    }
  }

  clear(): void {
    const { table, slot } = this.#access;
    table.clearMap(this.#access.row(), slot);
  }
}
