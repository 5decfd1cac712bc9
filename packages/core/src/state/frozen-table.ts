import { ByteWriter } from "../bytes/writer.ts";
import type { KeyRange, StateEntry } from "./backend.ts";
import { encodeCellValue, encodeEntryKey, groupOf } from "./entry-codec.ts";
import type { TableLayout } from "./layout.ts";
import type { Cell } from "./row.ts";

/** Changes of one table, all in one key group. */
export interface TablePart {
  readonly keyGroup: number;
  /** These come before all puts and deletes of the epoch. */
  readonly rangeDeletes: KeyRange[];
  readonly puts: StateEntry[];
  readonly deletes: Uint8Array[];
  /** About the bytes that keys and values take. */
  bytes: number;
}

/** Entries that are deleted by range: all of one map. */
export interface RangeDelete {
  readonly keyGroup: number;
  readonly range: KeyRange;
}

/** What was changed in one epoch. */
export interface FrozenChanges {
  readonly epoch: number;
  /** In pieces; some may come twice, and some have become clean. */
  readonly cells: readonly (readonly Cell[])[];
  readonly ranges: readonly RangeDelete[];
}

/** What a frozen table asks of the one it was taken from. */
export interface FrozenOwner {
  /** The cell is as the store will have it. Called in its turn, not when it was encoded early. */
  encoded(cell: Cell): void;
  /** Everything is encoded. */
  finished(frozen: FrozenTable): void;
  /** Everything is in the store. */
  settled(frozen: FrozenTable): void;
}

/** A part is given away when it has this many bytes. */
const PART_BYTES = 64 * 1024;

/** The bytes of all parts together above which one is given away before its turn. */
const BUFFER_BYTES = 1024 * 1024;

/** What finding out the group of a cell takes, in parts of encoding it. */
const DEALING = 1 / 4;

/**
 * The changes of one epoch of a table, encoded in slices while records flow on: one key group after the other, so that what
 * a store is given at once lies together there, and is young and close in memory.
 */
export class FrozenTable {
  readonly epoch: number;
  readonly #layout: TableLayout;
  readonly #keyGroups: number;
  readonly #cells: FrozenChanges["cells"];
  readonly #owner: FrozenOwner;
  readonly #parts = new Map<number, TablePart>();
  readonly #writer = new ByteWriter();
  readonly #steps = this.#encodeAll();
  #buffered = 0;
  /** Why a value could not be encoded. There is no end without it, even if user code that touched it has caught that. */
  #refusal: { readonly error: unknown } | undefined;
  /** How much work the slice may still do, in cells to be encoded. */
  #left = 0;

  constructor(layout: TableLayout, keyGroups: number, changes: FrozenChanges, owner: FrozenOwner) {
    this.#layout = layout;
    this.#keyGroups = keyGroups;
    this.epoch = changes.epoch;
    this.#cells = changes.cells;
    this.#owner = owner;
    for (const { keyGroup, range } of changes.ranges) {
      const part = this.#part(keyGroup);
      part.rangeDeletes.push(range);
      part.bytes += range.from.length;
      this.#buffered += range.from.length;
    }
  }

  /** Told when all that it gave has been written. */
  settle(): void {
    this.#owner.settled(this);
  }

  /** Encodes a cell that is about to be touched, as it is now. It is passed over when its turn comes. */
  encodeEarly(cell: Cell): void {
    this.#add(cell, groupOf(cell.row, this.#keyGroups));
  }

  /**
   * Encodes up to `limit` further cells and returns a part that is ready to be written, if there is one.
   *
   * @returns a part; `"more"` if none is ready yet; `"done"` after the last.
   * @throws {SerializationError} VALUE_UNSUPPORTED from the first value on that could not be encoded, whenever it was its turn.
   */
  next(limit: number): TablePart | "more" | "done" {
    if (this.#refusal !== undefined) throw this.#refusal.error;
    if (this.#buffered > BUFFER_BYTES) for (const part of this.#parts.values()) return this.#give(part);
    this.#left = limit;
    return this.#steps.next().value ?? "done";
  }

  *#encodeAll(): Generator<TablePart | "more", undefined> {
    const groups = new Map<number, Cell[]>();
    for (const cells of this.#cells) {
      for (const cell of cells) {
        if (this.#left <= 0) yield "more";
        this.#left -= DEALING;
        if (cell.epoch !== this.epoch) continue;
        const keyGroup = groupOf(cell.row, this.#keyGroups);
        const group = groups.get(keyGroup);
        if (group === undefined) groups.set(keyGroup, [cell]);
        else group.push(cell);
      }
    }
    for (const [keyGroup, cells] of groups) {
      for (const cell of cells) {
        if (this.#left <= 0) yield "more";
        this.#left--;
        if (cell.epoch !== this.epoch) continue;
        this.#add(cell, keyGroup);
        this.#owner.encoded(cell);
        const part = this.#parts.get(keyGroup);
        if (part !== undefined && part.bytes >= PART_BYTES) yield this.#give(part);
      }
      const part = this.#parts.get(keyGroup);
      if (part !== undefined) yield this.#give(part);
    }
    this.#owner.finished(this);
    for (const part of this.#parts.values()) yield this.#give(part);
  }

  #add(cell: Cell, keyGroup: number): void {
    cell.epoch = -this.epoch;
    if (!cell.present && !cell.stored) return;
    const part = this.#part(keyGroup);
    const key = encodeEntryKey(this.#writer, cell, this.#layout, keyGroup);
    let size = key.length;
    if (cell.present) {
      const value = this.#valueOf(cell);
      part.puts.push({ key, value });
      size += value.length;
    } else {
      part.deletes.push(key);
    }
    cell.stored = cell.present;
    part.bytes += size;
    this.#buffered += size;
  }

  #valueOf(cell: Cell): Uint8Array {
    try {
      return encodeCellValue(this.#writer, cell, this.#layout);
    } catch (error) {
      this.#refusal ??= { error };
      throw error;
    }
  }

  #part(keyGroup: number): TablePart {
    let part = this.#parts.get(keyGroup);
    if (part === undefined) {
      part = { keyGroup, rangeDeletes: [], puts: [], deletes: [], bytes: 0 };
      this.#parts.set(keyGroup, part);
    }
    return part;
  }

  #give(part: TablePart): TablePart {
    this.#parts.delete(part.keyGroup);
    this.#buffered -= part.bytes;
    return part;
  }
}
