import type { StateDescriptor } from "../descriptors.ts";
import type { Key } from "../key-codec.ts";
import type { Row } from "../row.ts";
import type { BoundDescriptor, StatePlace } from "./access.ts";

/** A map per key, whose entries are read, written and checkpointed one by one. */
export interface MapStateDescriptor<K extends Key, V> extends StateDescriptor<MapState<K, V>> {
  readonly kind: "map";
}

/** What user code holds of a map state. All of it is about the current key. */
export interface MapState<K extends Key, V> {
  /** The entry's value; `undefined` if there is none. Do not change it in place: use {@link set}. */
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): void;
  delete(key: K): void;
  /** The entries, in the order in which they were added since the start of the process. */
  entries(): IterableIterator<readonly [K, V]>;
  clear(): void;
}

/** Declares a map per key. */
export function mapState<K extends Key, V>(): MapStateDescriptor<K, V> {
  const descriptor: BoundDescriptor<MapState<K, V>> & { readonly kind: "map" } = {
    kind: "map",
    storage: "map",
    bind: (place) => new MapHandle<K, V>(place),
  };
  return descriptor;
}

class MapHandle<K extends Key, V> implements MapState<K, V> {
  readonly #place: StatePlace;

  constructor(place: StatePlace) {
    this.#place = place;
  }

  get(key: K): V | undefined {
    const { table, context, slot } = this.#place;
    const cell = table.mapCell(context.current(), slot, key);
    if (cell === undefined || !cell.present) return undefined;
    table.protect(cell);
    return cell.value as V;
  }

  has(key: K): boolean {
    const { table, context, slot } = this.#place;
    return table.mapCell(context.current(), slot, key)?.present ?? false;
  }

  set(key: K, value: V): void {
    const { table, context, slot } = this.#place;
    const cell = table.newMapCell(context.current(), slot, key);
    table.claim(cell);
    cell.value = value;
    cell.present = true;
  }

  delete(key: K): void {
    const { table, context, slot } = this.#place;
    const cell = table.mapCell(context.current(), slot, key);
    if (cell !== undefined) table.clear(cell);
  }

  entries(): IterableIterator<readonly [K, V]> {
    return this.#entriesOf(this.#place.context.current());
  }

  *#entriesOf(row: Row): IterableIterator<readonly [K, V]> {
    const { table, slot } = this.#place;
    for (const cell of table.mapCells(row, slot)) {
      if (!cell.present) continue;
      table.protect(cell);
      yield [cell.subkey as K, cell.value as V];
    }
  }

  clear(): void {
    const { table, context, slot } = this.#place;
    for (const cell of table.mapCells(context.current(), slot)) table.clear(cell);
  }
}
