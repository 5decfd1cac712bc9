import { assert } from "../../assert.ts";
import type { StateEntry } from "../../state/backend.ts";
import type { Slot } from "../../state/layout.ts";
import { EVENT_TIMERS, PROCESSING_TIMERS } from "../../state/entry-codec.ts";
import { keyGroupOf } from "../../state/key-groups.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import type { Row } from "../../state/row.ts";
import { timeOf } from "../../time/timer-heap.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../time/timestamps.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { Batch } from "../batch.ts";
import { BatchBuffer, type BufferMark } from "../batch-buffer.ts";
import { type CallSubject, recordOf } from "../call-subject.ts";
import { checkHeld, DeadLetters } from "../dead-letters.ts";
import { cutTable, EventTime, gateOf, openPagedTable } from "../keyed-state.ts";
import { KeyedTimers } from "../keyed-timers.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "../operator.ts";
import { AGAIN, DONE, furthest, PENDING, type Progress } from "../progress.ts";
import type { StateGate } from "../state-gate.ts";
import { userCodeError } from "../user-code.ts";
import type { RightInput, WindowSpec } from "./window-spec.ts";
import { OverdueTimers, type TimedRow } from "./overdue-timers.ts";
import type { ContentsFactory, WindowContents } from "./contents.ts";
import type { Pane, PaneHost, Panes, PanesFactory } from "./panes.ts";
import { SlotPlan } from "./slot-plan.ts";
import { type TimeDomain, type TriggeredWindow, TriggerDriver, type WindowTimers } from "./triggers/trigger-driver.ts";
import type { TriggerResult } from "./triggers/trigger.ts";
import { isAtRest, ProcessEmitter, processSlots, resultEmitter, type WindowEmitter } from "./window-emitter.ts";

/** What kind of windows an operator has, and how it keeps what is in them. */
export interface WindowKind {
  /** The clock that puts records into windows and ends them. */
  readonly domain: TimeDomain;
  /** The time at which a window is complete. `Infinity`: never. */
  maxTimestamp(window: TimeWindow): number;
  readonly panes: PanesFactory;
  readonly contents: ContentsFactory;
}

/** A window is complete with its last millisecond. */
export function lastMillisecond(window: TimeWindow): number {
  return window.end - 1;
}

/**
 * Runs any kind of windows with any trigger, evictor and lateness. Each window of each key has a row: its contents, what
 * its trigger keeps, its timers. The operator sees to a timer at the end of the window and, if it takes late records, one
 * at the end of its lateness. With the last of them everything in the row is deleted.
 */
export function windowOperator(spec: WindowSpec, kind: WindowKind): OperatorFactory {
  return (context) => new WindowOperator(spec, kind, context);
}

/** The states that {@link windowOperator} keeps. */
export function windowSlots(spec: WindowSpec, kind: WindowKind): readonly Slot[] {
  const slots = new SlotPlan(processSlots(spec.work.process));
  kind.contents(slots);
  if (spec.trigger !== undefined) TriggerDriver.prepare(spec.trigger, spec.id, slots);
  kind.panes(slots);
  return slots.slots;
}

/** What the journal of the table does not know of a call, to take it back. */
interface BeforeCall {
  /** Where the journal stood. */
  readonly changes: number;
  readonly emitted: BufferMark;
  readonly overdue: readonly TimedRow[];
}

/** What came of a step: a call was made; none can be before something was loaded; there is none to make. */
type Step = "done" | "waiting" | "none";

class WindowOperator implements Operator, PaneHost, WindowTimers {
  readonly id: string;
  readonly isPaged: boolean;
  readonly #spec: WindowSpec;
  readonly #kind: WindowKind;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #time = new EventTime();
  readonly #timers: KeyedTimers;
  readonly #gate: StateGate | undefined;
  readonly #valueSlots: readonly number[];
  readonly #contents: WindowContents;
  readonly #panes: Panes;
  readonly #trigger: TriggerDriver | undefined;
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  readonly #emitter: WindowEmitter;
  readonly #overdue = new OverdueTimers();
  /** That of the batch. */
  #input = 0;
  #batch: Batch | undefined;
  #next = 0;
  #now = Number.NEGATIVE_INFINITY;
  #ended = false;
  /** The event time of the current key. */
  #watermark = NO_TIMESTAMP;

  readonly reached = (): number | undefined => this.#time.leastOf(this.#context.range);

  constructor(spec: WindowSpec, kind: WindowKind, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#kind = kind;
    this.#context = context;
    const slots = new SlotPlan(processSlots(spec.work.process));
    const contents = kind.contents(slots);
    const trigger = spec.trigger === undefined ? undefined : TriggerDriver.prepare(spec.trigger, spec.id, slots);
    const panes = kind.panes(slots);
    const event = slots.add(EVENT_TIMERS, "timers");
    const processing = slots.add(PROCESSING_TIMERS, "timers");
    this.#table = openPagedTable(spec.id, slots.slots, context);
    this.#gate = gateOf(this.#table, context);
    this.isPaged = this.#gate !== undefined;
    this.#valueSlots = slots.slots.flatMap(({ kind: state }, slot) => (state === "value" ? [slot] : []));
    this.#timers = new KeyedTimers(this.#table, [event, processing], context);
    this.#contents = contents(this.#table);
    this.#panes = panes(this.#table);
    this.#trigger = trigger?.(this.#table, this);
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(spec.id, context, this.#buffer);
    const { process, emitter = resultEmitter } = spec.work;
    this.#emitter =
      process === undefined
        ? emitter(this.#buffer)
        : new ProcessEmitter(process, spec.id, this.#table, this.#buffer, context);
  }

  batch(input: number, batch: Batch): Progress {
    this.#input = input;
    this.#batch = batch.values.length === 0 ? undefined : batch;
    this.#next = 0;
    if (this.#kind.domain === "processing") this.#now = this.#context.env.now();
    return this.resume();
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    // No processing time comes after the end of all input: what is still open is complete.
    if (time === END_OF_TIME) this.#ended = true;
    return this.resume();
  }

  tick(now: number): Progress {
    this.#now = now;
    return this.resume();
  }

  get isFiring(): boolean {
    return this.#batch === undefined && this.#overdue.isEmpty && isAtRest(this.#buffer, this.#gate, this.#emitter);
  }

  nextTick(): number | undefined {
    return this.#timers.processing.next;
  }

  resume(): Progress {
    if (this.#gate !== undefined && this.#enter(this.#gate) !== DONE) return PENDING;
    const { slice } = this.#context;
    let progress = this.#buffer.flush();
    while (progress === DONE) {
      const step = this.#step();
      if (step === "waiting") return PENDING;
      // A call was made with what had been loaded for it. What else is still there may go again, unless records wait for it.
      if (step === "none" || (slice.remaining <= 1 && this.#batch === undefined)) this.#gate?.leave();
      if (step === "none") return this.#buffer.flush();
      slice.remaining--;
      if (this.#buffer.isFull) progress = this.#buffer.flush();
      else if (slice.remaining <= 0) return furthest(this.#buffer.flush(), AGAIN);
    }
    return progress;
  }

  #enter(gate: StateGate): Progress {
    // Before the gate has changes written again: as long as all is in memory, timers leave it only between two writes.
    if (!gate.isPinned) this.#timers.balance(gate.pager);
    return gate.enter();
  }

  /** Handles the next timer that is due, or the next record. Timers come first: nothing depends on where batches end. */
  #step(): Step {
    if (this.#emitNext()) return "done";
    const step = this.#gate?.isPartial === true ? this.#stepOver(this.#gate) : this.#call();
    this.#panes.sweep();
    return step;
  }

  #call(): Step {
    try {
      return this.#stepTimer() || this.#stepRecord() ? "done" : "none";
    } finally {
      // What a call missed is undone while its row is held.
      if (this.#gate?.hasMissed === true) this.#table.journal.undo();
      this.#table.hold(undefined);
    }
  }

  /** As {@link #call}, where something may be missing: then nothing of the call remains, and it is made again. */
  #stepOver(gate: StateGate): Step {
    const [batch, next, overdue] = [this.#batch, this.#next, this.#overdue.mark()];
    const emitted = this.#buffer.mark();
    const { journal } = this.#table;
    gate.pager.missed = undefined;
    journal.open();
    try {
      const step = this.#call();
      if (!gate.hasMissed) {
        journal.close();
        gate.pager.recordEnded();
        const isRead = step === "none" && this.#timers.read(gate, this.#time.current, this.#processingTime);
        return isRead ? "waiting" : step;
      }
    } catch (error) {
      if (!gate.hasMissed) throw error;
    }
    [this.#batch, this.#next] = [batch, next];
    this.#overdue.rollback(overdue);
    this.#buffer.rollback(emitted);
    this.#emitter.forget?.();
    this.#context.env.point("record.again", { operatorId: this.id });
    gate.loadMissed(this.#timers.upcoming(this.#time.current, this.#valueSlots));
    return "waiting";
  }

  /** The processing time up to which timers are due. */
  get #processingTime(): number {
    return this.#ended ? END_OF_TIME : this.#now;
  }

  #emitNext(): boolean {
    try {
      return this.#emitter.emitNext?.() === true;
    } catch (error) {
      throw userCodeError(error, this.id, this.#spec.work.name);
    }
  }

  #stepTimer(): boolean {
    const overdue = this.#overdue.shift();
    if (overdue !== undefined) {
      // The timer may have been the last entry of its row.
      this.#fireTimer(this.#table.row(overdue.row.space, overdue.row.key), "event", overdue.time);
      return true;
    }
    const { current } = this.#time;
    if (this.#fireNext("event", current)) return true;
    return !this.#timers.event.isShort(current) && this.#fireNext("processing", this.#processingTime);
  }

  #fireNext(domain: TimeDomain, time: number): boolean {
    const due = this.#timers[domain].take(time);
    if (due === undefined) return false;
    this.#table.hold(due.row);
    this.#timers[domain].fire(due);
    this.#fireTimer(due.row, domain, timeOf(due));
    return true;
  }

  #fireTimer(row: Row, domain: TimeDomain, time: number): void {
    this.#table.hold(row);
    this.#enterKey(row.key);
    this.#onTime(row, domain, time);
  }

  #stepRecord(): boolean {
    const batch = this.#batch;
    if (batch === undefined || this.#timers.isShort(this.#time.current, this.#processingTime)) return false;
    const index = this.#next++;
    if (this.#next >= batch.values.length) this.#batch = undefined;
    const before = this.#begin();
    try {
      this.#onRecord(batch.values[index], batch.timestamps[index] as number);
      if (before !== undefined) this.#settled();
    } catch (error) {
      this.#failed(error, recordOf(batch, index), before);
    }
    return true;
  }

  /** User code is about to be called. Where what it throws is set aside, what it does can be taken back. */
  #begin(): BeforeCall | undefined {
    if (this.#letters === undefined) return undefined;
    const { journal } = this.#table;
    journal.open();
    return { changes: journal.mark(), emitted: this.#buffer.mark(), overdue: this.#overdue.mark() };
  }

  /** Nothing of a call will be taken back, unless it was made where something may be missing. */
  #settled(): void {
    if (this.#gate?.isPartial !== true) this.#table.journal.close();
  }

  /** The call threw: nothing of it remains, and the job fails or goes on without it. */
  #failed(error: unknown, subject: CallSubject, before: BeforeCall | undefined): void {
    const call = this.#spec.work.name;
    if (this.#letters === undefined || before === undefined || this.#gate?.hasMissed === true) {
      throw userCodeError(error, this.id, call, subject);
    }
    this.#table.journal.undoTo(before.changes);
    this.#settled();
    this.#buffer.rollback(before.emitted);
    this.#overdue.rollback(before.overdue);
    this.#emitter.forget?.();
    this.#letters.add(error, call, subject);
  }

  #onRecord(value: unknown, timestamp: number): void {
    const { keyOf } = this.#from;
    const key = keyOf(value);
    this.#enterKey(key);
    const time = this.#kind.domain === "event" ? timestamp : this.#now;
    const panes = this.#panes.place(key, value, time, this);
    if (panes === undefined) return this.#tooLate(value, timestamp);
    for (const pane of panes) this.#add(pane, value, timestamp);
  }

  /** The stream that the records come from. */
  get #from(): Pick<WindowSpec, "keyOf" | "lateOutput"> {
    return this.#input === 0 ? this.#spec : (this.#spec.right as RightInput);
  }

  #enterKey(key: Row["key"]): void {
    const time = this.#time;
    this.#watermark = time.hasFloors ? time.of(keyGroupOf(key, this.#context.keyGroups)) : time.current;
  }

  #tooLate(value: unknown, timestamp: number): void {
    const { lateOutput } = this.#from;
    if (lateOutput === undefined) this.#context.droppedLate(1);
    else this.#buffer.emitSide(lateOutput, value, timestamp);
  }

  #add({ row, window, before }: Pane, value: unknown, timestamp: number): void {
    this.#table.hold(row);
    this.#contents.add(row, value, timestamp, this.#input);
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

  #onTime(row: Row, domain: TimeDomain, time: number): void {
    const window = this.#panes.windowOf(row);
    if (window === undefined || this.#isOver(window, domain, time)) return;
    const end = this.#kind.maxTimestamp(window);
    this.#callOnTime(this.#triggered(row, window), domain, time);
    if (domain !== this.#kind.domain) return;
    const cleanup = this.#cleanupOf(window);
    if (time >= cleanup) this.#forget(row);
    else this.#arm(row, time < end && this.#trigger === undefined ? end : cleanup);
  }

  /** Whether a window went before its timer: where timers were in the store alone, they outlive it. */
  #isOver(window: TimeWindow, domain: TimeDomain, time: number): boolean {
    const cleanup = this.#cleanupOf(window);
    if (cleanup >= END_OF_TIME) return false;
    return domain === this.#kind.domain ? time > cleanup : this.#isPast(cleanup);
  }

  /** What a timer is for besides keeping the window in order, which it does even if this throws. */
  #callOnTime(at: TriggeredWindow, domain: TimeDomain, time: number): void {
    const before = this.#begin();
    try {
      if (this.#trigger !== undefined) this.#apply(this.#trigger.onTime(at, domain, time), at, time);
      else if (time === at.maxTimestamp) this.#fire(at, time);
      if (before !== undefined) this.#settled();
    } catch (error) {
      this.#failed(error, { kind: "window", key: at.row.key, window: at.window, timestamp: time }, before);
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
      const timestamp = Number.isFinite(maxTimestamp) ? maxTimestamp : time;
      this.#emitter.fire({ row, window, watermark, timestamp }, read.value);
      // All of it, so that it can be taken back.
      if (this.#letters !== undefined) for (let held = 0; this.#emitter.emitNext?.() === true; held++) checkHeld(held);
    }
    this.#contents.settle(row, at);
  }

  #isPast(time: number): boolean {
    return this.#kind.domain === "event" && time <= this.#watermark;
  }

  #cleanupOf(window: TimeWindow): number {
    const { latenessMs } = this.#spec;
    return this.#kind.maxTimestamp(window) + (this.#kind.domain === "event" ? latenessMs : 0);
  }

  #arm(row: Row, time: number): void {
    if (time < END_OF_TIME) this.#timers[this.#kind.domain].register(row, time);
  }

  /** The window is over. */
  #forget(row: Row): void {
    this.#clear(row);
    this.#panes.forget(row);
  }

  #clear(row: Row): void {
    this.#overdue.delete(row);
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
    if (domain === "processing" && this.#ended) return;
    if (domain === "event" && time <= this.#watermark && this.#time.hasFloors) {
      this.#overdue.add(row, time);
      return;
    }
    this.#timers[domain].register(row, time);
  }

  delete(domain: TimeDomain, row: Row, time: number): void {
    if (domain === "event") this.#overdue.delete(row, time);
    this.#timers[domain].delete(row, time);
  }

  now(): number {
    return this.#ended ? END_OF_TIME : this.#context.env.now();
  }

  cut(): OperatorCut {
    assert(this.#overdue.isEmpty, "a barrier came between a record and the timers it set");
    return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range));
  }

  restoreEntry(entry: StateEntry): void {
    this.#timers.restoreEntry(entry);
  }

  restored(floors: readonly WatermarkFloor[], isComplete = true): void {
    this.#time.restore(floors);
    if (this.#gate !== undefined) this.#gate.pager.isComplete = isComplete;
    this.#timers.restored(isComplete);
  }
}
