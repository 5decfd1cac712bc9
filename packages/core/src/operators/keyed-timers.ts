import type { StateEntry } from "../state/backend.ts";
import { EVENT_TIMERS, PROCESSING_TIMERS } from "../state/entry-codec.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import type { NeededEntry } from "../state/paging/state-miss.ts";
import type { TablePager } from "../state/paging/table-pager.ts";
import type { Cell, Row } from "../state/row.ts";
import { TimerQueue } from "../time/timer-queue.ts";
import { restoreEntry } from "./keyed-state.ts";
import type { OperatorContext } from "./operator.ts";
import type { StateGate } from "./state-gate.ts";

/** For so many timers that are due the state of their keys is loaded at once. */
const UPCOMING_TIMERS = 1_024;

/** The timers of a keyed operator on both clocks, as its table keeps them. */
export class KeyedTimers {
  readonly event: TimerQueue;
  readonly processing: TimerQueue;
  readonly #table: KeyedTable;
  #restored: [TimerQueue, Cell][] = [];

  /** @param slots those of the timers of event time and of processing time. */
  constructor(table: KeyedTable, slots: readonly [event: number, processing: number], { paging }: OperatorContext) {
    this.#table = table;
    const queueOf = (slot: number): TimerQueue => new TimerQueue(table, slot, paging?.parts.horizon(table, slot));
    this.event = queueOf(slots[0]);
    this.processing = queueOf(slots[1]);
  }

  /** Takes an entry of a restored checkpoint, of a timer or not. */
  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry, (cell) => {
      const name = this.#table.layout.slots[cell.slot]?.name;
      if (name === EVENT_TIMERS) this.#restored.push([this.event, cell]);
      else if (name === PROCESSING_TIMERS) this.#restored.push([this.processing, cell]);
    });
  }

  /** All has been restored, or the rest is in the store. */
  restored(isComplete: boolean): void {
    const restored = this.#restored;
    this.#restored = [];
    if (isComplete) {
      for (const [timers, cell] of restored) timers.restore(cell);
      return;
    }
    this.event.openPartly();
    this.processing.openPartly();
  }

  /** To be called between records. */
  balance(pager: TablePager): void {
    this.event.balance(pager);
    this.processing.balance(pager);
  }

  /** Whether any may be due. */
  isDue(eventTime: number, processingTime: number): boolean {
    return this.event.isDue(eventTime) || this.processing.isDue(processingTime);
  }

  /** Whether timers that are due may be in the store alone. */
  isShort(eventTime: number, processingTime: number): boolean {
    return this.event.isShort(eventTime) || this.processing.isShort(processingTime);
  }

  /** The values that memory lacks of `others` and of the rows whose timers are due next: they can be loaded with what is missing. */
  upcoming(eventTime: number, valueSlots: readonly number[], others: Iterable<Row> = []): readonly NeededEntry[] {
    return [...new Set([...others, ...this.event.upcoming(eventTime, UPCOMING_TIMERS)])].flatMap((row) =>
      valueSlots.filter((slot) => row.cell(slot) === undefined).map((slot) => ({ row, slot, subkey: undefined })),
    );
  }

  /** Reads timers that are due and may be in the store alone. False: there are none. */
  read(gate: StateGate, eventTime: number, processingTime: number): boolean {
    if (!this.isShort(eventTime, processingTime)) return false;
    const { pager } = gate;
    gate.waitFor(
      () => Promise.all([this.event.read(pager, eventTime), this.processing.read(pager, processingTime)]),
      ([event, processing]) => {
        this.event.readEnded(event);
        this.processing.readEnded(processing);
      },
    );
    return true;
  }
}
