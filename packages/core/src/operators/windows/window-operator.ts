import { assert } from "../../assert.ts";
import type { StateEntry } from "../../state/backend.ts";
import type { Slot } from "../../state/layout.ts";
import { EVENT_TIMERS, PROCESSING_TIMERS } from "../../state/entry-codec.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import { timeOf } from "../../time/timer-heap.ts";
import { END_OF_TIME } from "../../time/timestamps.ts";
import type { Batch } from "../batch.ts";
import { BatchBuffer } from "../batch-buffer.ts";
import { recordOf } from "../call-subject.ts";
import { DeadLetters } from "../dead-letters.ts";
import { cutTable, EventTime, gateOf, openPagedTable } from "../keyed-state.ts";
import { KeyedTimers } from "../keyed-timers.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "../operator.ts";
import { AGAIN, DONE, furthest, PENDING, type Progress } from "../progress.ts";
import type { StateGate } from "../state-gate.ts";
import { userCodeError } from "../user-code.ts";
import { OpenWindows } from "./open-windows.ts";
import { OverdueTimers } from "./overdue-timers.ts";
import type { Panes } from "./panes.ts";
import { ProcessingClock } from "./processing-clock.ts";
import { SlotPlan } from "./slot-plan.ts";
import { type TimeDomain, TriggerDriver } from "./triggers/trigger-driver.ts";
import { WindowCalls } from "./window-calls.ts";
import { isAtRest, ProcessEmitter, processSlots, resultEmitter, type WindowEmitter } from "./window-emitter.ts";
import type { WindowKind } from "./window-kind.ts";
import type { WindowParts } from "./window-parts.ts";
import type { RightInput, WindowSpec } from "./window-spec.ts";

/**
 * Runs any kind of windows with any trigger, evictor and lateness. The operator decides what comes next, a timer or a record,
 * and what is done where state is missing or user code throws; {@link OpenWindows} does it.
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

/** What came of a step: a call was made; none can be before something was loaded; there is none to make. */
type Step = "done" | "waiting" | "none";

class WindowOperator implements Operator {
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
  readonly #panes: Panes;
  readonly #buffer: BatchBuffer;
  readonly #emitter: WindowEmitter;
  readonly #overdue = new OverdueTimers();
  readonly #clock = new ProcessingClock();
  readonly #calls: WindowCalls;
  readonly #windows: OpenWindows;
  /** That of the batch. */
  #input = 0;
  #batch: Batch | undefined;
  #next = 0;

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
    this.#panes = panes(this.#table);
    this.#buffer = new BatchBuffer(context);
    const { process, emitter = resultEmitter } = spec.work;
    this.#emitter =
      process === undefined
        ? emitter(this.#buffer)
        : new ProcessEmitter(process, spec.id, this.#table, this.#buffer, context);
    const parts: WindowParts = {
      spec,
      kind,
      context,
      table: this.#table,
      gate: this.#gate,
      time: this.#time,
      clock: this.#clock,
      timers: this.#timers,
      overdue: this.#overdue,
      contents: contents(this.#table),
      panes: this.#panes,
      trigger,
      buffer: this.#buffer,
      letters: DeadLetters.of(spec.id, context, this.#buffer),
      emitter: this.#emitter,
    };
    this.#calls = new WindowCalls(parts);
    this.#windows = new OpenWindows(parts, this.#calls);
  }

  batch(input: number, batch: Batch): Progress {
    this.#input = input;
    this.#batch = batch.values.length === 0 ? undefined : batch;
    this.#next = 0;
    if (this.#kind.domain === "processing") this.#clock.now = this.#context.env.now();
    return this.resume();
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    if (time === END_OF_TIME) this.#clock.isEnded = true;
    return this.resume();
  }

  tick(now: number): Progress {
    this.#clock.now = now;
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
        const isRead = step === "none" && this.#timers.read(gate, this.#time.current, this.#clock.reached);
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
      this.#windows.fireTimer(this.#table.row(overdue.row.space, overdue.row.key), "event", overdue.time);
      return true;
    }
    const { current } = this.#time;
    if (this.#fireNext("event", current)) return true;
    return !this.#timers.event.isShort(current) && this.#fireNext("processing", this.#clock.reached);
  }

  #fireNext(domain: TimeDomain, time: number): boolean {
    const due = this.#timers[domain].take(time);
    if (due === undefined) return false;
    this.#table.hold(due.row);
    this.#timers[domain].fire(due);
    this.#windows.fireTimer(due.row, domain, timeOf(due));
    return true;
  }

  #stepRecord(): boolean {
    const batch = this.#batch;
    if (batch === undefined || this.#timers.isShort(this.#time.current, this.#clock.reached)) return false;
    const index = this.#next++;
    if (this.#next >= batch.values.length) this.#batch = undefined;
    const before = this.#calls.begin();
    try {
      this.#onRecord(batch.values[index], batch.timestamps[index] as number);
      if (before !== undefined) this.#calls.settled();
    } catch (error) {
      this.#calls.failed(error, recordOf(batch, index), before);
    }
    return true;
  }

  #onRecord(value: unknown, timestamp: number): void {
    const { keyOf, lateOutput } = this.#from;
    if (this.#windows.add(keyOf(value), value, timestamp, this.#input)) return;
    if (lateOutput === undefined) this.#context.droppedLate(1);
    else this.#buffer.emitSide(lateOutput, value, timestamp);
  }

  /** The stream that the records come from. */
  get #from(): Pick<WindowSpec, "keyOf" | "lateOutput"> {
    return this.#input === 0 ? this.#spec : (this.#spec.right as RightInput);
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
