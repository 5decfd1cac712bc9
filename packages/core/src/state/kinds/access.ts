import { deepFreeze } from "../deep-freeze.ts";
import { unsupported } from "../entry-codec.ts";
import type { ValuePlace } from "../evolution.ts";
import type { KeyContext } from "../key-context.ts";
import type { KeyedTable } from "../keyed-table.ts";
import type { Slot } from "../layout.ts";
import type { Cell, Row } from "../row.ts";
import { encodeValue } from "../value-codec.ts";

/** Where a handle stands: the slot of its operator's table, and the key that is current there. */
export interface StatePlace {
  readonly table: KeyedTable;
  readonly context: KeyContext;
  readonly slot: number;
}

/** What a read gives where there is nothing: `undefined` may be a value. */
export const ABSENT: unique symbol = Symbol("absent");

/** What the handles of all kinds have in common: the current key, and the checks of development. */
export class CellAccess {
  readonly table: KeyedTable;
  readonly slot: number;
  readonly strict: boolean;
  readonly context: KeyContext;
  readonly declared: Slot;

  constructor({ table, context, slot }: StatePlace) {
    this.table = table;
    this.slot = slot;
    this.context = context;
    this.strict = context.strict;
    this.declared = table.layout.slots[slot] as Slot;
  }

  /** The row of the current key. @throws {StateError} STATE_NO_KEY if there is none. */
  row(): Row {
    return this.context.current();
  }

  /** The value of a cell, to be given to user code; {@link ABSENT} if there is none. */
  read(cell: Cell | undefined): unknown {
    if (cell === undefined || !cell.present) return ABSENT;
    this.table.protect(cell);
    const value = this.live(cell, true);
    return this.strict ? deepFreeze(value) : value;
  }

  /** As {@link read}, of a value that user code gets no hold of: it is neither protected nor frozen. */
  readOwned(cell: Cell | undefined): unknown {
    return cell?.present === true ? this.live(cell, true) : ABSENT;
  }

  /** As {@link readOwned}, but not on behalf of user code. */
  peek(cell: Cell | undefined): unknown {
    return cell?.present === true ? this.live(cell, false) : ABSENT;
  }

  /** Whether a cell has a value that user code can see. */
  has(cell: Cell | undefined): boolean {
    return cell?.present ?? false;
  }

  /** Whether a value that is written now may share an entry with what this cell holds. */
  joins(_cell: Cell): boolean {
    return true;
  }

  /** Puts a value into a cell. */
  write(cell: Cell, value: unknown): void {
    this.table.claim(cell);
    cell.value = value;
    cell.present = true;
  }

  /**
   * In development: refuses a value that could not be kept, and freezes it if user code could see it again.
   *
   * @throws {SerializationError} VALUE_UNSUPPORTED, with the path to what cannot be encoded.
   * @throws {StateError} STATE_INCOMPATIBLE if the schema refuses it.
   */
  check(value: unknown, seenAgain: boolean): void {
    if (!this.strict) return;
    const place = this.placeOf(this.row());
    try {
      encodeValue(value);
    } catch (error) {
      throw unsupported(error, place);
    }
    this.declared.evolution?.check(value, place);
    if (seenAgain) deepFreeze(value);
  }

  /** What errors name. */
  protected placeOf(row: Row): ValuePlace {
    return { operatorId: this.context.operatorId, state: this.declared.name, key: row.key };
  }

  /** @param _counts Whether user code reads it. */
  protected live(cell: Cell, _counts: boolean): unknown {
    return cell.value;
  }
}
