import type { StateEntry } from "../state/backend.ts";
import type { Key } from "../state/key-codec.ts";
import type { KeyGroupRange } from "../state/key-groups.ts";
import { KeyedTable } from "../state/keyed-table.ts";
import { TableLayout, type Slot } from "../state/layout.ts";
import type { PagedRows, TablePager } from "../state/paging/table-pager.ts";
import type { Cell, Row, Space } from "../state/row.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import type { StateGate } from "./state-gate.ts";
import type { OperatorContext, OperatorCut, OperatorSnapshot, WatermarkFloor } from "./operator.ts";

/** Takes the key out of a record. */
export type KeySelector = (value: unknown) => Key;

/** The table of a keyed operator, for its place in the job. */
export function openTable(id: string, slots: readonly Slot[], context: OperatorContext): KeyedTable {
  const { range, keyGroups } = context;
  return new KeyedTable({ layout: new TableLayout(id, slots), range, keyGroups });
}

/** The table of an operator that can do without having all of it in memory: see {@link StateGate}. */
export function openPagedTable(id: string, slots: readonly Slot[], context: OperatorContext): KeyedTable {
  const { range, keyGroups, paging } = context;
  const layout = new TableLayout(id, slots);
  if (paging === undefined) return new KeyedTable({ layout, range, keyGroups });
  const { memory, access, parts } = paging;
  const spill = (): void => paging.spill(id, table.freeze());
  const pager = (rows: PagedRows): TablePager => parts.pager(rows, { memory, access, spill });
  const table: KeyedTable = new KeyedTable({ layout, range, keyGroups, pager });
  return table;
}

/** The gate of such an operator; `undefined` if everything is in memory. */
export function gateOf(table: KeyedTable, { paging, requests }: OperatorContext): StateGate | undefined {
  return table.pager === undefined ? undefined : paging?.parts.gate(table, table.pager, requests);
}

/** The rows that records will ask for, each once. Those of records whose key cannot be told are found out about in their turn. */
export function rowsOf(
  table: KeyedTable,
  space: Space,
  keyOf: KeySelector,
  values: readonly unknown[],
): ReadonlySet<Row> {
  const rows = new Set<Row>();
  for (const value of values) {
    try {
      rows.add(table.row(space, keyOf(value)));
    } catch {
      // It is met again by the call for the record, which says whose it was.
    }
  }
  return rows;
}

/** Freezes a keyed operator: its table, and the event time it had reached. */
export function cutTable(id: string, table: KeyedTable, watermarks: readonly WatermarkFloor[]): OperatorCut {
  const frozen = table.freeze();
  const snapshot: OperatorSnapshot = { operatorId: id, states: table.layout.shapes, watermarks };
  return { table: frozen, snapshot: () => snapshot };
}

/** Puts restored entries into a table and tells of each. */
export function restoreEntry(table: KeyedTable, entry: StateEntry, told?: (cell: Cell) => void): void {
  const cell = table.restore(entry);
  if (cell !== undefined) told?.(cell);
}

/**
 * The event time a keyed operator has reached: that of its inputs, and for each key group at least what it had reached
 * before a restore. So what was late stays late, though the inputs begin again from an earlier watermark.
 */
export class EventTime {
  /** What the inputs have announced. */
  current: number = NO_TIMESTAMP;
  #floors: readonly WatermarkFloor[] = [];
  #highest = NO_TIMESTAMP;

  restore(floors: readonly WatermarkFloor[]): void {
    this.#floors = floors;
    this.#highest = floors.reduce((highest, floor) => Math.max(highest, floor.watermark), NO_TIMESTAMP);
  }

  /** Whether a key group may still stand ahead of the inputs. */
  get hasFloors(): boolean {
    return this.current < this.#highest;
  }

  /** The event time of one key group. */
  of(keyGroup: number): number {
    let time = this.current;
    for (const { keyGroups, watermark } of this.#floors) {
      if (keyGroup >= keyGroups.first && keyGroup <= keyGroups.last && watermark > time) time = watermark;
    }
    return time;
  }

  /** What all of these key groups had reached before a restore; `undefined` if that is nothing, or the end of time. */
  leastOf(range: KeyGroupRange): number | undefined {
    const least = this.#floors
      .filter(({ keyGroups }) => keyGroups.first <= range.last && keyGroups.last >= range.first)
      .reduce((time, { watermark }) => Math.min(time, watermark), Infinity);
    return Number.isFinite(least) ? least : undefined;
  }

  /** Whether a key group had reached a time before a restore: what was due then has happened. */
  hadReached(time: number, keyGroupOf: () => number): boolean {
    if (time > this.#highest) return false;
    const keyGroup = keyGroupOf();
    return this.#floors.some(
      ({ keyGroups, watermark }) => keyGroup >= keyGroups.first && keyGroup <= keyGroups.last && watermark >= time,
    );
  }

  /** What a snapshot notes, for the key groups of a subtask. @param reached what was done of the current time. */
  snapshot(range: KeyGroupRange, reached: number = this.current): readonly WatermarkFloor[] {
    if (reached >= this.#highest) return [{ keyGroups: range, watermark: reached }];
    return this.#floors.flatMap(({ keyGroups, watermark }) => {
      const first = Math.max(keyGroups.first, range.first);
      const last = Math.min(keyGroups.last, range.last);
      return first > last ? [] : [{ keyGroups: { first, last }, watermark: Math.max(watermark, reached) }];
    });
  }
}
