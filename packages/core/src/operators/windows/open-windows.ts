import { EVENT_TIMERS } from "../../state/entry-codec.ts";
import { keyGroupOf } from "../../state/key-groups.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import type { Row } from "../../state/row.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../time/timestamps.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { checkHeld } from "../dead-letters.ts";
import type { KeyedTimers } from "../keyed-timers.ts";
import type { WindowContents } from "./contents.ts";
import type { Pane, PaneHost } from "./panes.ts";
import type { TriggerResult } from "./triggers/trigger.ts";
import type { TimeDomain, TriggerDriver, TriggeredWindow, WindowTimers } from "./triggers/trigger-driver.ts";
import type { WindowCalls } from "./window-calls.ts";
import type { WindowKind } from "./window-kind.ts";
import type { WindowParts } from "./window-parts.ts";

/**
 * What becomes of the windows of a key, as records and times come. Each has a row: its contents, what its trigger keeps, its
 * timers. There is a timer at its end and, if it takes late records, one at the end of its lateness. With the last of them
 * everything in the row is deleted.
 */
export class OpenWindows implements PaneHost, WindowTimers {
  readonly #parts: WindowParts;
  readonly #calls: WindowCalls;
  readonly #kind: WindowKind;
  readonly #table: KeyedTable;
  readonly #timers: KeyedTimers;
  readonly #contents: WindowContents;
  readonly #trigger: TriggerDriver | undefined;
  /** The event time of the current key. */
  #watermark = NO_TIMESTAMP;

  constructor(parts: WindowParts, calls: WindowCalls) {
    this.#parts = parts;
    this.#calls = calls;
    this.#kind = parts.kind;
    this.#table = parts.table;
    this.#timers = parts.timers;
    this.#contents = parts.contents;
    this.#trigger = parts.trigger?.(parts.table, this);
  }

  /** Puts a record into its windows; false if all of them are over. */
  add(key: Row["key"], value: unknown, timestamp: number, input: number): boolean {
    this.#enterKey(key);
    const { panes, clock } = this.#parts;
    const placed = panes.place(key, value, this.#kind.domain === "event" ? timestamp : clock.now, this);
    if (placed === undefined) return false;
    for (const pane of placed) this.#addTo(pane, value, timestamp, input);
    return true;
  }

  /** A timer of a window is due. */
  fireTimer(row: Row, domain: TimeDomain, time: number): void {
    this.#table.hold(row);
    this.#enterKey(row.key);
    const window = this.#parts.panes.windowOf(row);
    if (window === undefined || this.#isOver(window, domain, time)) return;
    const end = this.#kind.maxTimestamp(window);
    this.#callOnTime(this.#triggered(row, window), domain, time);
    if (domain !== this.#kind.domain) return;
    const cleanup = this.#cleanupOf(window);
    if (time >= cleanup) this.#forget(row);
    else this.#arm(row, time < end && this.#trigger === undefined ? end : cleanup);
  }

  #enterKey(key: Row["key"]): void {
    const { time, context } = this.#parts;
    this.#watermark = time.hasFloors ? time.of(keyGroupOf(key, context.keyGroups)) : time.current;
  }

  #addTo({ row, window, before }: Pane, value: unknown, timestamp: number, input: number): void {
    this.#table.hold(row);
    this.#contents.add(row, value, timestamp, input);
    if (this.#trigger === undefined) return this.#addPlain(row, window, before);
    const at = this.#triggered(row, window);
    if (before !== undefined) this.#trigger.onMerge(at);
    this.#apply(this.#trigger.onRecord(at, value, timestamp), at, timestamp);
    // A window that has grown still has the timer for its former end, which sees to the next one.
    if (before === undefined) this.#arm(row, this.#cleanupOf(window));
  }

  /** Without a trigger: one result at the end, and another one for each record that comes after that. */
  #addPlain(row: Row, window: TimeWindow, before: TimeWindow | undefined): void {
    const end = this.#kind.maxTimestamp(window);
    if (this.#isPast(end)) {
      this.#fire(this.#triggered(row, window), end);
      this.#arm(row, this.#cleanupOf(window));
    } else if (before === undefined || this.#isPast(this.#kind.maxTimestamp(before))) {
      this.#arm(row, end);
    }
  }

  /** Whether a window went before its timer: where timers were in the store alone, they outlive it. */
  #isOver(window: TimeWindow, domain: TimeDomain, time: number): boolean {
    const cleanup = this.#cleanupOf(window);
    if (cleanup >= END_OF_TIME) return false;
    return domain === this.#kind.domain ? time > cleanup : this.#isPast(cleanup);
  }

  /** What a timer is for besides keeping the window in order, which it does even if this throws. */
  #callOnTime(at: TriggeredWindow, domain: TimeDomain, time: number): void {
    const calls = this.#calls;
    const before = calls.begin();
    try {
      if (this.#trigger !== undefined) this.#apply(this.#trigger.onTime(at, domain, time), at, time);
      else if (time === at.maxTimestamp) this.#fire(at, time);
      if (before !== undefined) calls.settled();
    } catch (error) {
      calls.failed(error, { kind: "window", key: at.row.key, window: at.window, timestamp: time }, before);
    }
  }

  #triggered(row: Row, window: TimeWindow): TriggeredWindow {
    return { row, window, maxTimestamp: this.#kind.maxTimestamp(window), watermark: this.#watermark };
  }

  /** @param time that of the record or the timer: results of a window without an end get it. */
  #apply(result: TriggerResult, at: TriggeredWindow, time: number): void {
    if (result === "fire" || result === "fire-and-purge") this.#fire(at, time);
    if (result === "purge" || result === "fire-and-purge") this.#contents.clear(at.row);
  }

  #fire(at: TriggeredWindow, time: number): void {
    const { row, window, watermark, maxTimestamp } = at;
    if (this.#contents.isEmpty(row)) return;
    const read = this.#contents.read(row, at);
    if (read !== undefined) {
      const { emitter, letters } = this.#parts;
      const timestamp = Number.isFinite(maxTimestamp) ? maxTimestamp : time;
      emitter.fire({ row, window, watermark, timestamp }, read.value);
      // All of it, so that it can be taken back.
      if (letters !== undefined) for (let held = 0; emitter.emitNext?.() === true; held++) checkHeld(held);
    }
    this.#contents.settle(row, at);
  }

  #isPast(time: number): boolean {
    return this.#kind.domain === "event" && time <= this.#watermark;
  }

  #cleanupOf(window: TimeWindow): number {
    return this.#kind.maxTimestamp(window) + (this.#kind.domain === "event" ? this.#parts.spec.latenessMs : 0);
  }

  #arm(row: Row, time: number): void {
    if (time < END_OF_TIME) this.#timers[this.#kind.domain].register(row, time);
  }

  /** The window is over. */
  #forget(row: Row): void {
    this.#clear(row);
    this.#parts.panes.forget(row);
  }

  #clear(row: Row): void {
    this.#parts.overdue.delete(row);
    this.#table.layout.slots.forEach(({ name, kind }, slot) => {
      if (kind === "value") {
        const cell = this.#table.heldCell(row, slot);
        if (cell !== undefined) this.#table.clear(cell);
        return;
      }
      if (kind === "timers") {
        const timers = name === EVENT_TIMERS ? this.#timers.event : this.#timers.processing;
        for (const { subkey } of row.maps[slot]?.values() ?? []) timers.delete(row, subkey as number);
      } else for (const cell of this.#table.mapCells(row, slot)) this.#table.clear(cell);
    });
  }

  isLate(window: TimeWindow): boolean {
    return this.#isPast(this.#cleanupOf(window));
  }

  absorb(into: Row, from: Row): void {
    this.#table.hold(into);
    this.#contents.absorb(into, from);
    this.#trigger?.absorb(into, from);
    this.#clear(from);
  }

  set(domain: TimeDomain, row: Row, time: number): void {
    const { clock, overdue } = this.#parts;
    if (domain === "processing" && clock.isEnded) return;
    if (domain === "event" && time <= this.#watermark && this.#parts.time.hasFloors) {
      overdue.add(row, time);
      return;
    }
    this.#timers[domain].register(row, time);
  }

  delete(domain: TimeDomain, row: Row, time: number): void {
    if (domain === "event") this.#parts.overdue.delete(row, time);
    this.#timers[domain].delete(row, time);
  }

  now(): number {
    const { clock, context } = this.#parts;
    return clock.isEnded ? END_OF_TIME : context.env.now();
  }
}
