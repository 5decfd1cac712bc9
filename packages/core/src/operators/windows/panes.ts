import type { Key } from "../../state/key-codec.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import type { Row, Space } from "../../state/row.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { SpaceSweep } from "./space-sweep.ts";
import type { SlotPlan } from "./slot-plan.ts";

/** A window of one key, with the row that holds its state. */
export interface Pane {
  readonly row: Row;
  readonly window: TimeWindow;
  /** What the window was before it took the record; `undefined` if it was not there, or never changes. */
  readonly before: TimeWindow | undefined;
}

/** What panes ask of their operator. */
export interface PaneHost {
  /** Whether a window takes no more records of the current key. */
  isLate(window: TimeWindow): boolean;
  /** Moves all that a row holds to another one, and forgets it. */
  absorb(into: Row, from: Row): void;
}

/**
 * Which windows a record of a key belongs to, and in which rows they are kept. What `place` touches follows from the key
 * and the record: rows in the namespaces of `windowsOf`, or, of windows that merge, whatever the key has.
 */
export interface Panes {
  /**
   * The windows that take a record.
   *
   * @returns `undefined` if it belongs to windows, and all of them are past.
   */
  place(key: Key, value: unknown, time: number, host: PaneHost): readonly Pane[] | undefined;
  /** The window that a row is of; `undefined` if it is no more. */
  windowOf(row: Row): TimeWindow | undefined;
  /** The window of a row is over, and nothing is left in it. */
  forget(row: Row): void;
  /** To be called between records: lets go of what no window needs any more, a little at a time. */
  sweep(): void;
}

/** Takes the slots that panes need, and makes them when the table is there. */
export type PanesFactory = (slots: SlotPlan) => (table: KeyedTable) => Panes;

/** How the windows of a {@link FixedPanes} are found and named. */
export interface FixedWindows {
  /** The windows of a record, a pure function. */
  windowsOf(value: unknown, time: number): readonly TimeWindow[];
  namespaceOf(window: TimeWindow): Key;
  windowOf(namespace: Key): TimeWindow;
}

/** Windows that follow from the record alone: the namespace of a window's state is the window. */
export function fixedPanes(windows: FixedWindows): PanesFactory {
  return () => (table) => new FixedPanes(windows, table);
}

class FixedPanes implements Panes {
  readonly #windows: FixedWindows;
  readonly #table: KeyedTable;
  /** By the start of their windows: to spare looking a namespace up for every record. */
  readonly #spaces = new Map<number, Space>();
  readonly #sweep: SpaceSweep;

  constructor(windows: FixedWindows, table: KeyedTable) {
    this.#windows = windows;
    this.#table = table;
    this.#sweep = new SpaceSweep(table, ({ namespace }) => {
      this.#spaces.delete(windows.windowOf(namespace).start);
    });
  }

  place(key: Key, value: unknown, time: number, host: PaneHost): readonly Pane[] | undefined {
    const windows = this.#windows.windowsOf(value, time);
    const panes: Pane[] = [];
    for (const window of windows) {
      if (host.isLate(window)) continue;
      panes.push({ row: this.#table.row(this.#spaceOf(window), key), window, before: undefined });
    }
    return panes.length === 0 && windows.length > 0 ? undefined : panes;
  }

  #spaceOf(window: TimeWindow): Space {
    const known = this.#spaces.get(window.start);
    if (known !== undefined && this.#windows.windowOf(known.namespace).end === window.end) return known;
    const space = this.#table.space(this.#windows.namespaceOf(window));
    this.#spaces.set(window.start, space);
    return space;
  }

  windowOf(row: Row): TimeWindow {
    return this.#windows.windowOf(row.space.namespace);
  }

  forget(row: Row): void {
    this.#sweep.retire(row.space);
  }

  sweep(): void {
    this.#sweep.sweep();
  }
}
