import type { Key } from "../../state/key-codec.ts";
import { type KeyedTable, NO_NAMESPACE } from "../../state/keyed-table.ts";
import type { Cell, Row, Space } from "../../state/row.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { Pane, PaneHost, Panes, PanesFactory } from "./panes.ts";
import { checkedGap, type GapOf } from "./session-gap.ts";
import { SpaceSweep } from "./space-sweep.ts";

/**
 * Sessions: each record opens one from its time to its time and the gap; those of a key that overlap or touch are one.
 *
 * The sessions of a key are entries of its row without namespace: by the time of the record that began each, its start and
 * end now. That time is also the namespace of the session's own state, and stays while the session grows at both ends. No
 * two sessions of a key share one, for each contains its own.
 */
export function sessionPanes(id: string, gapOf: GapOf, checkTime: (time: number) => void): PanesFactory {
  return (slots) => {
    const slot = slots.add("sessions", "map");
    return (table) => new SessionPanes(id, { gapOf, checkTime }, table, slot);
  };
}

interface SessionRules {
  readonly gapOf: GapOf;
  readonly checkTime: (time: number) => void;
}

class SessionPanes implements Panes {
  readonly #id: string;
  readonly #rules: SessionRules;
  readonly #table: KeyedTable;
  readonly #slot: number;
  readonly #keys: Space;
  readonly #sweep: SpaceSweep;

  constructor(id: string, rules: SessionRules, table: KeyedTable, slot: number) {
    this.#id = id;
    this.#rules = rules;
    this.#table = table;
    this.#slot = slot;
    this.#keys = table.space(NO_NAMESPACE);
    this.#sweep = new SpaceSweep(table, () => undefined);
  }

  place(key: Key, value: unknown, time: number, host: PaneHost): readonly Pane[] | undefined {
    this.#rules.checkTime(time);
    const own: TimeWindow = { start: time, end: time + checkedGap(this.#rules.gapOf(value), this.#id) };
    const row = this.#table.row(this.#keys, key);
    // It may hold nothing for a moment, while its sessions are read.
    this.#table.hold(row);
    const touched = this.#touching(row, own);
    const first = touched[0];
    if (first !== undefined) return [this.#grow(first, touched, own, host)];
    if (host.isLate(own)) {
      this.#table.hold(undefined);
      return undefined;
    }
    this.#write(this.#table.newMapCell(row, this.#slot, time), own);
    return [{ row: this.#stateOf(row, time), window: own, before: undefined }];
  }

  /** The sessions that a record's own overlaps or touches, from the earliest on. */
  #touching(row: Row, own: TimeWindow): readonly Cell[] {
    const found: Cell[] = [];
    for (const cell of this.#table.mapCells(row, this.#slot)) {
      if (!cell.present) continue;
      const { start, end } = sessionOf(cell);
      if (start > own.end || end < own.start) continue;
      // So that it stays when it was read for this alone.
      cell.used = true;
      found.push(cell);
    }
    return found.length < 2 ? found : found.sort((one, other) => sessionOf(one).start - sessionOf(other).start);
  }

  /** Makes one session of those that a record joins; the earliest takes in the others. */
  #grow(first: Cell, touched: readonly Cell[], own: TimeWindow, host: PaneHost): Pane {
    const before = sessionOf(first);
    let { start, end } = own;
    for (const cell of touched) {
      start = Math.min(start, sessionOf(cell).start);
      end = Math.max(end, sessionOf(cell).end);
    }
    const into = this.#stateOf(first.row, first.subkey as number);
    for (const cell of touched) {
      if (cell === first) continue;
      const from = this.#stateOf(first.row, cell.subkey as number);
      host.absorb(into, from);
      this.#table.clear(cell);
      this.#sweep.retire(from.space);
    }
    const window = { start, end };
    if (start !== before.start || end !== before.end) this.#write(first, window);
    return { row: into, window, before };
  }

  #write(cell: Cell, { start, end }: TimeWindow): void {
    this.#table.claim(cell);
    cell.value = [start, end];
    cell.present = true;
  }

  /** The row that a session's state is in. */
  #stateOf(row: Row, began: number): Row {
    return this.#table.row(this.#table.space(began), row.key);
  }

  windowOf(row: Row): TimeWindow | undefined {
    const cell = this.#cellOf(row);
    return cell.present ? sessionOf(cell) : undefined;
  }

  forget(row: Row): void {
    this.#table.clear(this.#cellOf(row));
    this.#sweep.retire(row.space);
  }

  sweep(): void {
    this.#sweep.sweep();
  }

  #cellOf(row: Row): Cell {
    return this.#table.newMapCell(this.#table.row(this.#keys, row.key), this.#slot, row.space.namespace);
  }
}

function sessionOf(cell: Cell): TimeWindow {
  const [start, end] = cell.value as readonly [number, number];
  return { start, end };
}
