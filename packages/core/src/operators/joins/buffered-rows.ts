import type { StateDescriptor } from "../../state/descriptors.ts";
import { ABSENT, type CellAccess } from "../../state/kinds/access.ts";
import { declare } from "../../state/kinds/declare.ts";
import type { Cell } from "../../state/row.ts";

/** A row as an entry: its time, its record, and whether it has met another one. */
export type RowEntry = readonly [timestamp: number, value: unknown, hasMet: boolean];

/** A time and, for the second and later rows of it, which of them. */
export type RowKey = number | readonly [slot: number, number: number];

/** A row with where it is kept. */
export type KeptRow = readonly [key: RowKey, entry: RowEntry];

/** Whether a record of one time meets a row of another. */
export type Meets = (time: number, other: number) => boolean;

const NO_ROWS: readonly KeptRow[] = [];

/** Declares the rows that wait in a join: a map. */
export function bufferedRows(): StateDescriptor<BufferedRows> {
  return declare("map", { kind: "map" }, (access) => new BufferedRows(access));
}

/** The rows of the current key. What a map state gives to user code costs more: each of these is looked up once. */
export class BufferedRows {
  readonly #access: CellAccess;
  readonly #cells: Cell[] = [];

  constructor(access: CellAccess) {
    this.#access = access;
  }

  /** Adds a row. False: there is one. */
  add(key: RowKey, entry: RowEntry): boolean {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    const known = table.mapCell(row, slot, key);
    if (known?.present === true) return false;
    this.#access.check(entry, true);
    this.#access.write(known ?? table.addMapCell(row, slot, key), entry);
    return true;
  }

  /** Puts a row in the place of the one that is there. */
  replace(key: RowKey, entry: RowEntry): void {
    const { table, slot } = this.#access;
    this.#access.check(entry, true);
    this.#access.write(table.newMapCell(this.#access.row(), slot, key), entry);
  }

  /** Takes a row out; `undefined` if there is none. */
  take(key: RowKey): RowEntry | undefined {
    const { table, slot } = this.#access;
    const cell = table.mapCell(this.#access.row(), slot, key);
    const entry = this.#access.read(cell);
    if (entry === ABSENT) return undefined;
    table.clear(cell as Cell);
    return entry as RowEntry;
  }

  /** The rows that a record of a time meets, in the order of their keys. */
  find(time: number, meets: Meets): readonly KeptRow[] {
    const cells = this.#all();
    let found: KeptRow[] | undefined;
    let isSorted = true;
    for (const cell of cells) {
      if (!cell.present || !meets(time, (this.#access.peek(cell) as RowEntry)[0])) continue;
      const kept = [cell.subkey as RowKey, this.#access.read(cell) as RowEntry] as const;
      const last = found?.at(-1);
      if (last !== undefined && order(last, kept) > 0) isSorted = false;
      if (found === undefined) found = [kept];
      else found.push(kept);
    }
    if (found === undefined) return NO_ROWS;
    return isSorted ? found : found.sort(order);
  }

  /** What is not in memory is there only while it is looked at. */
  #all(): Iterable<Cell> {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    const cells = this.#cells;
    cells.length = 0;
    return table.gather(row, slot, cells) ? cells : table.mapCells(row, slot);
  }
}

function order([one]: KeptRow, [other]: KeptRow): number {
  const [slot, number] = typeof one === "number" ? [one, 0] : one;
  const [otherSlot, otherNumber] = typeof other === "number" ? [other, 0] : other;
  return slot - otherSlot || number - otherNumber;
}
