import { shown } from "../../../shown.ts";
import type { KeyedTable } from "../../../state/keyed-table.ts";
import type { Row } from "../../../state/row.ts";
import type { TimeWindow } from "../../../time/windows.ts";
import { bindMethods } from "../../bind-methods.ts";
import { inTurn } from "../../callbacks.ts";
import { userCodeError } from "../../user-code.ts";
import type { SlotPlan } from "../slot-plan.ts";
import type { AnyTrigger, TriggerContext, TriggerResult } from "./trigger.ts";

/** The two clocks that timers follow. */
export type TimeDomain = "event" | "processing";

/** The timers of windows, and processing time. */
export interface WindowTimers {
  set(domain: TimeDomain, row: Row, time: number): void;
  delete(domain: TimeDomain, row: Row, time: number): void;
  now(): number;
}

/** A window as its trigger sees it. */
export interface TriggeredWindow {
  readonly row: Row;
  readonly window: TimeWindow;
  readonly maxTimestamp: number;
  readonly watermark: number;
}

const ANSWERS: readonly TriggerResult[] = ["continue", "fire", "purge", "fire-and-purge"];

/** Calls a trigger, and is the context that it sees. What it keeps is a value in the row of the window. */
export class TriggerDriver implements TriggerContext {
  readonly #operatorId: string;
  readonly #trigger: AnyTrigger;
  readonly #table: KeyedTable;
  readonly #slot: number;
  readonly #timers: WindowTimers;
  #at: TriggeredWindow | undefined;

  static prepare(trigger: AnyTrigger, operatorId: string, slots: SlotPlan) {
    const slot = slots.add("trigger", "value");
    return (table: KeyedTable, timers: WindowTimers): TriggerDriver =>
      new TriggerDriver(operatorId, trigger, table, slot, timers);
  }

  constructor(operatorId: string, trigger: AnyTrigger, table: KeyedTable, slot: number, timers: WindowTimers) {
    this.#operatorId = operatorId;
    this.#trigger = trigger;
    this.#table = table;
    this.#slot = slot;
    this.#timers = timers;
    bindMethods<TriggerDriver>(this, "get", "set", "now");
    bindMethods<TriggerDriver>(this, "setEventTimer", "deleteEventTimer");
    bindMethods<TriggerDriver>(this, "setProcessingTimer", "deleteProcessingTimer");
  }

  onRecord(at: TriggeredWindow, value: unknown, timestamp: number): TriggerResult {
    return this.#call(at, (trigger) => answer(trigger.onRecord(value, timestamp, this)));
  }

  onTime(at: TriggeredWindow, domain: TimeDomain, time: number): TriggerResult {
    return this.#call(at, (trigger) =>
      answer(domain === "event" ? trigger.onEventTime(time, this) : trigger.onProcessingTime(time, this)),
    );
  }

  onMerge(at: TriggeredWindow): void {
    this.#call(at, (trigger) => inTurn(trigger.onMerge?.(this)));
  }

  /** Merges what the trigger keeps for one window into what it keeps for another. The one will be cleared. */
  absorb(into: Row, from: Row): void {
    const source = this.#table.heldCell(from, this.#slot);
    if (source?.present !== true) return;
    const { state } = this.#trigger;
    const target = this.#table.cell(into, this.#slot);
    this.#write(target.present ? state.merge?.(target.value, source.value) : source.value, into);
  }

  #call<R>(at: TriggeredWindow, call: (trigger: AnyTrigger) => R): R {
    this.#at = at;
    try {
      return call(this.#trigger);
    } catch (error) {
      throw userCodeError(error, this.#operatorId, `trigger ${this.#trigger.name}`);
    } finally {
      this.#at = undefined;
    }
  }

  get #current(): TriggeredWindow {
    if (this.#at === undefined) throw new TypeError("Cannot use the context of a trigger after its call has ended");
    return this.#at;
  }

  get key(): unknown {
    return this.#current.row.key;
  }

  get window(): TimeWindow {
    return this.#current.window;
  }

  get maxTimestamp(): number {
    return this.#current.maxTimestamp;
  }

  get watermark(): number {
    return this.#current.watermark;
  }

  now(): number {
    return this.#timers.now();
  }

  get(): unknown {
    const cell = this.#table.heldCell(this.#current.row, this.#slot);
    if (cell?.present !== true) return this.#trigger.state.initial;
    this.#table.protect(cell);
    return cell.value;
  }

  set(next: unknown): void {
    this.#write(next, this.#current.row);
  }

  #write(next: unknown, row: Row): void {
    const cell = this.#table.cell(row, this.#slot);
    // What says nothing takes no entry.
    if (Object.is(next, this.#trigger.state.initial)) return this.#table.clear(cell);
    this.#table.claim(cell);
    cell.value = next;
    cell.present = true;
  }

  setEventTimer(time: number): void {
    if (checked(time)) this.#timers.set("event", this.#current.row, time);
  }

  deleteEventTimer(time: number): void {
    if (checked(time)) this.#timers.delete("event", this.#current.row, time);
  }

  setProcessingTimer(time: number): void {
    if (checked(time)) this.#timers.set("processing", this.#current.row, time);
  }

  deleteProcessingTimer(time: number): void {
    if (checked(time)) this.#timers.delete("processing", this.#current.row, time);
  }
}

/** @throws {TypeError} if a trigger says what nobody understands, so that a window would wait for ever. */
function answer(result: TriggerResult): TriggerResult {
  if (ANSWERS.includes(result)) return result;
  throw new TypeError(`it said ${shown(result)}: it is to say ${ANSWERS.map(shown).join(", ")}`);
}

/** Whether a timer can be due at all: at the end of time none is. */
function checked(time: number): boolean {
  if (Number.isNaN(time)) throw new RangeError("Cannot set a timer for NaN: the time must be a number");
  return Number.isFinite(time);
}
