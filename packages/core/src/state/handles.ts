import { ConfigurationError, StateError } from "../errors.ts";
import type { MapState, StateDescriptor, StateDescriptors, StateHandles, ValueState } from "./descriptors.ts";
import { RESERVED_STATE } from "./entry-codec.ts";
import type { Key } from "./key-codec.ts";
import type { KeyedTable } from "./keyed-table.ts";
import type { Slot } from "./layout.ts";
import type { Row } from "./row.ts";

/** The key that user code is being called for. */
export class KeyContext {
  readonly operatorId: string;
  row: Row | undefined = undefined;

  constructor(operatorId: string) {
    this.operatorId = operatorId;
  }

  /** @throws {StateError} STATE_NO_KEY outside a record or a timer. */
  current(): Row {
    if (this.row === undefined) {
      throw new StateError(
        "STATE_NO_KEY",
        `Cannot use keyed state of operator "${this.operatorId}": there is no current key outside a record or a timer`,
        { details: { operator: this.operatorId } },
      );
    }
    return this.row;
  }
}

/**
 * The slots that declared states take, in the order of declaration.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a name is one of the engine's own.
 */
export function slotsOf(descriptors: StateDescriptors): Slot[] {
  return Object.entries(descriptors).map(([name, { kind }]) => {
    if (name.startsWith(RESERVED_STATE)) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot declare state "${name}": names that begin with "${RESERVED_STATE}" are the engine's own`,
        { details: { state: name } },
      );
    }
    return { name, kind, version: 0 };
  });
}

/** The handles of declared states over a table whose first slots are {@link slotsOf} them. */
export function bindHandles<S extends StateDescriptors>(
  descriptors: S,
  table: KeyedTable,
  context: KeyContext,
): StateHandles<S> {
  const handles: Record<string, unknown> = {};
  Object.entries(descriptors).forEach(([name, descriptor], slot) => {
    handles[name] = bind(descriptor, table, context, slot);
  });
  return handles as StateHandles<S>;
}

function bind(descriptor: StateDescriptor, table: KeyedTable, context: KeyContext, slot: number): unknown {
  return descriptor.kind === "value"
    ? new ValueHandle(table, context, slot, descriptor.initial)
    : new MapHandle(table, context, slot);
}

class ValueHandle implements ValueState<unknown> {
  readonly #table: KeyedTable;
  readonly #context: KeyContext;
  readonly #slot: number;
  readonly #initial: unknown;

  constructor(table: KeyedTable, context: KeyContext, slot: number, initial: unknown) {
    this.#table = table;
    this.#context = context;
    this.#slot = slot;
    this.#initial = initial;
  }

  get(): unknown {
    const cell = this.#context.current().cells[this.#slot];
    if (cell === undefined || !cell.present) return this.#initial;
    this.#table.protect(cell);
    return cell.value;
  }

  update(next: unknown): void {
    const cell = this.#table.cell(this.#context.current(), this.#slot);
    this.#table.claim(cell);
    cell.value = next;
    cell.present = true;
  }

  clear(): void {
    const cell = this.#context.current().cells[this.#slot];
    if (cell !== undefined) this.#table.clear(cell);
  }
}

class MapHandle implements MapState<Key, unknown> {
  readonly #table: KeyedTable;
  readonly #context: KeyContext;
  readonly #slot: number;

  constructor(table: KeyedTable, context: KeyContext, slot: number) {
    this.#table = table;
    this.#context = context;
    this.#slot = slot;
  }

  get(key: Key): unknown {
    const cell = this.#table.mapCell(this.#context.current(), this.#slot, key);
    if (cell === undefined || !cell.present) return undefined;
    this.#table.protect(cell);
    return cell.value;
  }

  has(key: Key): boolean {
    return this.#table.mapCell(this.#context.current(), this.#slot, key)?.present ?? false;
  }

  set(key: Key, value: unknown): void {
    const cell = this.#table.newMapCell(this.#context.current(), this.#slot, key);
    this.#table.claim(cell);
    cell.value = value;
    cell.present = true;
  }

  delete(key: Key): void {
    const cell = this.#table.mapCell(this.#context.current(), this.#slot, key);
    if (cell !== undefined) this.#table.clear(cell);
  }

  entries(): IterableIterator<readonly [Key, unknown]> {
    return this.#entriesOf(this.#context.current());
  }

  *#entriesOf(row: Row): IterableIterator<readonly [Key, unknown]> {
    for (const cell of row.maps[this.#slot]?.values() ?? []) {
      if (!cell.present) continue;
      this.#table.protect(cell);
      yield [cell.subkey as Key, cell.value];
    }
  }

  clear(): void {
    for (const cell of this.#context.current().maps[this.#slot]?.values() ?? []) this.#table.clear(cell);
  }
}
