import type { KeyedTable } from "../../state/keyed-table.ts";
import { type Cell, CellMap, type Row } from "../../state/row.ts";
import type { AnyAggregate } from "../../state/aggregate-function.ts";
import { addTo } from "../../state/aggregate-calls.ts";
import { resultOf } from "../aggregates/accumulate.ts";
import { inTurn } from "../callbacks.ts";
import type { GatheredRecord } from "./window-spec.ts";
import type { ContentsFactory, WindowContents } from "./contents.ts";
import type { AnyEvictor, EvictorContext, WindowRecord } from "./evictors/evictor.ts";

/** Makes of the records of a window what is read of it. */
export type Gather = (records: readonly GatheredRecord[]) => unknown;

/** All records of each window, one entry for each, in the order in which they came. */
export function recorded(gather: Gather, evictor: AnyEvictor | undefined): ContentsFactory {
  return (slots) => {
    const count = slots.add("count", "value");
    const records = slots.add("records", "map");
    return (table) => new RecordContents(table, { count, records }, gather, evictor);
  };
}

/** One value of all records, or without an aggregate an array of them. */
export function gatherBy(aggregate: AnyAggregate | undefined): Gather {
  if (aggregate === undefined) return (records) => records.map(({ value }) => value);
  return (records) => {
    let accumulator = aggregate.create();
    for (const { value } of records) accumulator = inTurn(addTo(aggregate, accumulator, value));
    return resultOf(aggregate, accumulator);
  };
}

/** A record as an entry: its time, itself and, if it is not the first, its input. */
type RecordEntry = readonly [timestamp: number, value: unknown, input?: number];

interface RecordSlots {
  /** How many records ever came: the number of the next one. */
  readonly count: number;
  readonly records: number;
}

class RecordContents implements WindowContents {
  readonly #table: KeyedTable;
  readonly #slots: RecordSlots;
  readonly #gather: Gather;
  readonly #evictor: AnyEvictor | undefined;
  /** The records that an evictor has left for the result that is being made. */
  #kept: ReadonlyMap<WindowRecord<unknown>, Cell> = new Map();

  constructor(table: KeyedTable, slots: RecordSlots, gather: Gather, evictor: AnyEvictor | undefined) {
    this.#table = table;
    this.#slots = slots;
    this.#gather = gather;
    this.#evictor = evictor;
  }

  add(row: Row, value: unknown, timestamp: number, input: number): void {
    this.#append(row, input === 0 ? [timestamp, value] : [timestamp, value, input]);
  }

  #append(row: Row, entry: RecordEntry): void {
    const table = this.#table;
    const count = table.cell(row, this.#slots.count);
    table.claim(count);
    const number = count.present ? (count.value as number) : 0;
    count.value = number + 1;
    count.present = true;
    const cell = this.#place(row, number);
    table.claim(cell);
    cell.value = entry;
    cell.present = true;
  }

  /** The cell of the next record: the store has none there, and before the first none at all. */
  #place(row: Row, number: number): Cell {
    const { records } = this.#slots;
    if (number === 0 && row.maps[records] === undefined) row.setMap(records, new CellMap(true));
    return this.#table.residentMapCell(row, records, number) ?? this.#table.addMapCell(row, records, number);
  }

  isEmpty(row: Row): boolean {
    return this.#table.heldCell(row, this.#slots.count)?.present !== true;
  }

  read(row: Row, context: EvictorContext): { readonly value: unknown } | undefined {
    const cells = this.#cells(row);
    if (this.#evictor === undefined) return { value: this.#gather(cells.map(recordOf)) };
    const all = new Map(cells.map((cell) => [recordOf(cell), cell]));
    const kept = this.#evictor.evictBefore?.([...all.keys()], context) ?? [...all.keys()];
    this.#kept = only(all, kept);
    return kept.length === 0 ? undefined : { value: this.#gather([...this.#kept.values()].map(recordOf)) };
  }

  settle(row: Row, context: EvictorContext): void {
    if (this.#evictor === undefined) return;
    const kept = this.#evictor.evictAfter?.([...this.#kept.keys()], context);
    const staying = new Set((kept === undefined ? this.#kept : only(this.#kept, kept)).values());
    this.#kept = new Map();
    if (staying.size === 0) return this.clear(row);
    for (const cell of this.#cells(row)) if (!staying.has(cell)) this.#table.clear(cell);
  }

  clear(row: Row): void {
    for (const cell of this.#cells(row)) this.#table.clear(cell);
    const count = this.#table.heldCell(row, this.#slots.count);
    if (count !== undefined) this.#table.clear(count);
  }

  absorb(into: Row, from: Row): void {
    for (const cell of this.#cells(from)) this.#append(into, entryOf(cell));
  }

  /** The records in the order of their numbers: a restore may have brought them in any. */
  #cells(row: Row): Cell[] {
    const cells: Cell[] = [];
    for (const cell of this.#table.mapCells(row, this.#slots.records)) {
      if (!cell.present) continue;
      // So that it stays when it was read for this alone.
      cell.used = true;
      this.#table.protect(cell);
      cells.push(cell);
    }
    const isSorted = cells.every((cell, index) => index === 0 || numberOf(cells[index - 1] as Cell) < numberOf(cell));
    return isSorted ? cells : cells.sort((one, other) => numberOf(one) - numberOf(other));
  }
}

function only(
  records: ReadonlyMap<WindowRecord<unknown>, Cell>,
  kept: readonly WindowRecord<unknown>[],
): ReadonlyMap<WindowRecord<unknown>, Cell> {
  return new Map(
    kept.map((record) => {
      const cell = records.get(record);
      if (cell === undefined) throw new TypeError("An evictor must give back records that it was given, each once");
      return [record, cell];
    }),
  );
}

function numberOf(cell: Cell): number {
  return cell.subkey as number;
}

function entryOf(cell: Cell): RecordEntry {
  return cell.value as RecordEntry;
}

function recordOf(cell: Cell): WindowRecord<unknown> & GatheredRecord {
  const [timestamp, value, input = 0] = entryOf(cell);
  return { timestamp, value, input };
}
