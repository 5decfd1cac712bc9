import type { StateEntry } from "../state/backend.ts";
import { EVENT_TIMERS, groupOf, PROCESSING_TIMERS } from "../state/entry-codec.ts";
import { bindHandles, bindSweep, slotsOf } from "../state/handles.ts";
import { KeyContext } from "../state/key-context.ts";
import type { TtlSweep } from "../state/ttl-sweep.ts";
import { type KeyedTable, NO_NAMESPACE } from "../state/keyed-table.ts";
import type { StoredOperatorState } from "../state/operator-state/stored.ts";
import type { NeededEntry } from "../state/paging/state-miss.ts";
import type { Cell, Row, Space } from "../state/row.ts";
import { timeOf } from "../time/timer-heap.ts";
import type { TimerQueue } from "../time/timer-queue.ts";
import type { Batch } from "./batch.ts";
import { BatchBuffer, type BufferMark } from "./batch-buffer.ts";
import { type CallSubject, recordOf } from "./call-subject.ts";
import { inTurn, timerWithoutCallback } from "./callbacks.ts";
import { DeadLetters } from "./dead-letters.ts";
import { cutTable, EventTime, gateOf, type KeySelector, openPagedTable, rowsOf } from "./keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "./operator.ts";
import { KeyedTimers } from "./keyed-timers.ts";
import { KeyedContext, type KeyedHost, type KeyedInput, type KeyedWork } from "./keyed-work.ts";
import { AGAIN, DONE, furthest, PENDING, type Progress } from "./progress.ts";
import type { StateGate } from "./state-gate.ts";
import { userCodeError } from "./user-code.ts";

/** How many cells are looked at for expired entries before each batch. */
const SWEPT_PER_BATCH = 64;

/** How many more for each record: twice as many as can become new, so that clean-up keeps up with any stream. */
const SWEPT_PER_RECORD = 2;

/** How many before each snapshot, so that a stream without records is cleaned up too. */
const SWEPT_PER_CUT = 1024;

/** Runs what one or more inputs do with keyed state and timers. */
export function keyedOperator(id: string, work: KeyedWork): OperatorFactory {
  return (context) => new KeyedOperator(id, work, context);
}

/** What came of a step: a call was made; none can be before something was loaded; there is none to make. */
type Step = "done" | "waiting" | "none";

class KeyedOperator implements Operator, KeyedHost {
  readonly id: string;
  readonly #work: KeyedWork;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #space: Space;
  readonly #time = new EventTime();
  readonly #timers: KeyedTimers;
  readonly #keyContext: KeyContext;
  readonly #sweep: TtlSweep | undefined;
  readonly #user: KeyedContext;
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  /** What was emitted before the call that is being made, where it may be taken back. */
  #emitted: BufferMark | undefined;
  readonly #gate: StateGate | undefined;
  readonly #valueSlots: readonly number[];
  readonly #hasMaps: boolean;
  /** That of the batch. */
  #input: KeyedInput;
  #batch: Batch | undefined;
  #next = 0;
  #now = Number.NEGATIVE_INFINITY;
  /** Whether a timer was set since the records began to run. */
  #hasNewTimer = false;

  readonly reached = (): number | undefined => this.#time.leastOf(this.#context.range);

  constructor(id: string, work: KeyedWork, context: OperatorContext) {
    this.id = id;
    this.#work = work;
    this.#input = work.inputs[0] as KeyedInput;
    this.#context = context;
    const slots = slotsOf(work.state);
    const eventSlot = slots.push({ name: EVENT_TIMERS, kind: "timers", version: 0 }) - 1;
    const processingSlot = slots.push({ name: PROCESSING_TIMERS, kind: "timers", version: 0 }) - 1;
    this.#valueSlots = slots.flatMap(({ kind }, slot) => (kind === "value" ? [slot] : []));
    this.#hasMaps = slots.some(({ kind }) => kind !== "value" && kind !== "timers");
    this.#table = openPagedTable(id, slots, context);
    this.#gate = gateOf(this.#table, context);
    this.#space = this.#table.space(NO_NAMESPACE);
    this.#timers = new KeyedTimers(this.#table, [eventSlot, processingSlot], context);
    const { env } = context;
    this.#keyContext = new KeyContext(id, { now: () => env.now(), strict: env.development ?? false });
    this.#sweep = bindSweep(work.state, this.#table, this.#keyContext, context.requests);
    const state = { ...bindHandles(work.state, this.#table, this.#keyContext), ...work.operatorStates?.readers };
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(id, context, this.#buffer);
    this.#user = new KeyedContext(state, this.#buffer, this);
  }

  batch(input: number, batch: Batch): Progress {
    this.#input = this.#work.inputs[input] as KeyedInput;
    this.#sweep?.step(SWEPT_PER_BATCH + SWEPT_PER_RECORD * batch.values.length);
    this.#batch = batch.values.length === 0 ? undefined : batch;
    this.#next = 0;
    return this.resume();
  }

  resume(): Progress {
    if (this.#gate !== undefined && this.#enterGate(this.#gate) !== DONE) return PENDING;
    const { slice } = this.#context;
    let progress = this.#buffer.flush();
    while (progress === DONE) {
      if (this.#mayRun) this.#run();
      else {
        const step = this.#step();
        // A call was made with what had been loaded for it. What else is still there may go again, unless records wait for it.
        if (step === "done" && slice.remaining <= 1 && this.#batch === undefined) this.#gate?.leave();
        if (step !== "done") return step === "waiting" ? PENDING : this.#end();
        slice.remaining--;
      }
      if (this.#buffer.isFull) progress = this.#buffer.flush();
      else if (slice.remaining <= 0) progress = furthest(this.#buffer.flush(), AGAIN);
    }
    return progress;
  }

  #end(): Progress {
    this.#gate?.leave();
    return this.#buffer.flush();
  }

  #enterGate(gate: StateGate): Progress {
    // Before the gate has changes written again: as long as all is in memory, timers leave it only between two writes.
    if (!gate.isPinned) this.#timers.balance(gate.pager);
    return gate.enter();
  }

  /** Whether records with keys are next, nothing that they need can be missing, and nothing of one is taken back alone. */
  get #mayRun(): boolean {
    const hasRecords = this.#batch !== undefined && this.#input.keyOf !== undefined && this.#letters === undefined;
    return hasRecords && this.#gate?.isPartial !== true && this.#mayRunOn;
  }

  /** Whether neither a result nor a timer comes before the next record. */
  get #mayRunOn(): boolean {
    return !this.#user.hasResults && !this.#timers.isDue(this.#time.current, this.#now);
  }

  /** Calls the user for one record after the other, until something else comes first. */
  #run(): void {
    const batch = this.#batch as Batch;
    const { values, timestamps } = batch;
    const { handler, name } = this.#input;
    const keyOf = this.#input.keyOf as KeySelector;
    const { slice } = this.#context;
    const user = this.#user;
    const begin = this.#next;
    const end = Math.min(values.length, begin + Math.max(1, slice.remaining));
    let next = begin;
    this.#hasNewTimer = false;
    try {
      do {
        const value = values[next];
        this.#enter(this.#table.row(this.#space, keyOf(value)), timestamps, next);
        const given = handler.onRecord(value, user);
        if (given !== undefined) inTurn(given);
        next++;
      } while (next < end && !this.#buffer.isFull && !user.hasResults && (!this.#hasNewTimer || this.#mayRunOn));
    } catch (error) {
      throw userCodeError(error, this.id, name, recordOf(batch, next));
    } finally {
      this.#leave();
    }
    slice.remaining -= next - begin;
    this.#next = next;
    if (next >= values.length) this.#batch = undefined;
  }

  /**
   * Calls the user once: for the next timer that is due, or for the next record. A timer that a record sets for a time that
   * is past fires before the next record, so that nothing depends on where batches end.
   */
  #step(): Step {
    if (this.#user.hasResults) return this.#emitNext();
    if (this.#gate?.isPartial === true) return this.#stepOver(this.#gate);
    return this.#letters === undefined ? this.#call() : this.#stepAtomically();
  }

  /** As {@link #step}, where a call that throws is taken back. */
  #stepAtomically(): Step {
    const { journal } = this.#table;
    this.#emitted = this.#buffer.mark();
    journal.open();
    const step = this.#call();
    journal.close();
    return step;
  }

  /** As {@link #step}, where something may be missing: then nothing of the call remains, and it is made again. */
  #stepOver(gate: StateGate): Step {
    const { pager } = gate;
    const { journal } = this.#table;
    const mark = this.#buffer.mark();
    this.#emitted = mark;
    pager.missed = undefined;
    if (this.#mayMiss || this.#letters !== undefined) journal.open();
    try {
      const step = this.#call();
      if (!gate.hasMissed) {
        journal.close();
        pager.recordEnded();
        return step === "none" && this.#timers.read(gate, this.#time.current, this.#now) ? "waiting" : step;
      }
    } catch (error) {
      if (!gate.hasMissed) throw error;
    }
    this.#buffer.rollback(mark);
    this.#user.forgetResults();
    this.#context.env.point("record.again", { operatorId: this.id });
    gate.loadMissed(this.#upcoming());
    return "waiting";
  }

  #emitNext(): Step {
    try {
      this.#user.emitNext();
    } catch (error) {
      throw userCodeError(error, this.id, this.#input.name);
    }
    return "done";
  }

  #call(): Step {
    const { current } = this.#time;
    const { event, processing } = this.#timers;
    const eventTimer = event.take(current);
    if (eventTimer !== undefined) {
      this.#callForTimer(eventTimer, event);
      return "done";
    }
    if (event.isShort(current)) return "none";
    const timer = processing.take(this.#now);
    if (timer !== undefined) {
      this.#callForTimer(timer, processing);
      return "done";
    }
    if (this.#batch === undefined || processing.isShort(this.#now)) return "none";
    this.#callForRecord(this.#batch, this.#next);
    this.#next++;
    if (this.#next >= this.#batch.values.length) this.#batch = undefined;
    return "done";
  }

  /** The values of what comes next: they are loaded together with what is missing. */
  #upcoming(): readonly NeededEntry[] {
    const { keyOf } = this.#input;
    const values = this.#batch?.values.slice(this.#next + 1) ?? [];
    const rows = keyOf === undefined ? [] : rowsOf(this.#table, this.#space, keyOf, values);
    return this.#timers.upcoming(this.#time.current, this.#valueSlots, rows);
  }

  #callForRecord(batch: Batch, index: number): void {
    const value = batch.values[index];
    const { keyOf, handler, name } = this.#input;
    try {
      const row = keyOf === undefined ? undefined : this.#table.row(this.#space, keyOf(value));
      this.#enter(row, batch.timestamps, index);
      inTurn(handler.onRecord(value, this.#user));
      if (this.#letters !== undefined) this.#user.emitRest();
    } catch (error) {
      this.#failed(error, name, recordOf(batch, index), 0);
    } finally {
      this.#leave();
    }
  }

  #callForTimer(timer: Cell, timers: TimerQueue): void {
    const { row } = timer;
    const time = timeOf(timer);
    let fired = 0;
    try {
      // Held before the timer goes: it may be the last entry of its row, and the callback may make new ones.
      this.#hold(row);
      this.#user.enterAt(row.key, time);
      timers.fire(timer);
      if (this.#letters !== undefined) fired = this.#table.journal.mark();
      if (this.#work.onTimer === undefined) throw timerWithoutCallback(this.id);
      inTurn(this.#work.onTimer(time, this.#user));
      if (this.#letters !== undefined) this.#user.emitRest();
    } catch (error) {
      const subject = { kind: "timer", key: row.key, timestamp: time } as const;
      this.#failed(error, "onTimer", subject, fired);
    } finally {
      this.#leave();
    }
  }

  /**
   * What a call threw: the job fails with it, unless it missed something or is set aside. Its row is still held then.
   *
   * @param began the mark of the journal before it: a timer stays fired.
   */
  #failed(error: unknown, call: string, subject: CallSubject, began: number): void {
    if (this.#letters === undefined || this.#emitted === undefined || this.#gate?.hasMissed === true) {
      throw userCodeError(error, this.id, call, subject);
    }
    this.#table.journal.undoTo(began);
    this.#buffer.rollback(this.#emitted);
    this.#user.forgetResults();
    this.#letters.add(error, call, subject);
  }

  setAside(error: unknown, call: string, subject: CallSubject): void {
    if (this.#letters === undefined) throw userCodeError(error, this.id, call, subject);
    this.#letters.add(error, call, subject);
  }

  droppedLate(records: number): void {
    this.#context.droppedLate(records);
  }

  #enter(row: Row | undefined, times: readonly number[], at: number): void {
    this.#hold(row);
    this.#user.enter(row?.key, times, at);
  }

  #hold(row: Row | undefined): void {
    this.#table.hold(row);
    this.#keyContext.row = row;
  }

  /** What a record missed is undone while its row is held. */
  #leave(): void {
    if (this.#gate?.pager.missed !== undefined) this.#table.journal.undo();
    this.#table.hold(undefined);
    this.#keyContext.row = undefined;
    this.#user.leave();
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    return this.resume();
  }

  tick(now: number): Progress {
    this.#now = now;
    return this.resume();
  }

  get isFiring(): boolean {
    if (this.#batch !== undefined || this.#user.hasResults || !this.#buffer.isEmpty) return false;
    return this.#gate?.isWaiting !== true;
  }

  nextTick(): number | undefined {
    return this.#timers.processing.next;
  }

  /** A timer is set. */
  #willFire(): void {
    if (this.#work.onTimer === undefined) throw timerWithoutCallback(this.id);
    this.#hasNewTimer = true;
  }

  setEventTimer(time: number): void {
    this.#willFire();
    this.#timers.event.register(this.#keyContext.current(), time);
  }

  deleteEventTimer(time: number): void {
    this.#timers.event.delete(this.#keyContext.current(), time);
  }

  setProcessingTimer(time: number): void {
    this.#willFire();
    this.#timers.processing.register(this.#keyContext.current(), time);
  }

  deleteProcessingTimer(time: number): void {
    this.#timers.processing.delete(this.#keyContext.current(), time);
  }

  now(): number {
    return this.#context.env.now();
  }

  eventTime(): number {
    const { current, hasFloors } = this.#time;
    const { row } = this.#keyContext;
    return hasFloors && row !== undefined ? this.#time.of(groupOf(row, this.#context.keyGroups)) : current;
  }

  get isPaged(): boolean {
    return this.#gate !== undefined;
  }

  cut(): OperatorCut {
    this.#sweep?.step(SWEPT_PER_CUT);
    const cut = cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range));
    const frozen = this.#work.operatorStates?.freeze();
    if (frozen === undefined) return cut;
    return { ...cut, snapshot: () => ({ operatorId: this.id, ...cut.snapshot(), operatorStates: frozen() }) };
  }

  restoreOperatorState(stored: StoredOperatorState): void {
    this.#work.operatorStates?.restore(stored, this.#context.subtask, this.#context.parallelism);
  }

  /** Whether a record may need what cannot be read at once. */
  get #mayMiss(): boolean {
    return this.#hasMaps || this.#gate?.pager.access.readSync === undefined;
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
