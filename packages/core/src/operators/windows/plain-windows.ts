import type { StateEntry } from "../../state/backend.ts";
import type { Key } from "../../state/key-codec.ts";
import { keyGroupOf } from "../../state/key-groups.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import type { NeededEntry } from "../../state/paging/state-miss.ts";
import type { Row } from "../../state/row.ts";
import { NO_TIMESTAMP } from "../../time/timestamps.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { addTo } from "../../state/aggregate-calls.ts";
import { addFirst } from "../aggregates/accumulate.ts";
import type { Batch } from "../batch.ts";
import { BatchBuffer } from "../batch-buffer.ts";
import { recordOf } from "../call-subject.ts";
import { DeadLetters } from "../dead-letters.ts";
import { cutTable, EventTime, gateOf, openPagedTable, restoreEntry } from "../keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorPaging, WatermarkFloor } from "../operator.ts";
import type { PagingParts } from "../paging-parts.ts";
import { AGAIN, DONE, PENDING, type Progress } from "../progress.ts";
import type { StateGate } from "../state-gate.ts";
import { userCodeError } from "../user-code.ts";
import { addAtomically } from "./add-atomically.ts";
import type { PlainWindowSpec, WindowPlan } from "./window-spec.ts";
import { DueWindows } from "./due-windows.ts";
import { setLateAside } from "./late-records.ts";
import { windowOf } from "./namespace.ts";
import { needTimestamp } from "./need-timestamp.ts";
import { OpenSpans } from "./open-spans.ts";
import { SpaceSweep } from "./space-sweep.ts";
import type { FiringPause } from "./fired-spans.ts";
import { residentRows, WindowFiring } from "./window-firing.ts";
import { ACCUMULATOR, type Span, type WindowSpans } from "./window-spans.ts";

/**
 * A step that aggregates the records of each key and span of time, and makes the results of a window of its spans when event
 * time has passed it. Spans are stored one by one in each key group. Where memory is limited, accumulators leave it as any
 * entries do, and what has left is read when its window is due.
 */
export function plainPlan(spec: PlainWindowSpec, label: string, spans: WindowSpans): WindowPlan {
  return {
    label: `window ${label}`,
    slots: spans.slots,
    create: (context) => new PlainWindowOperator(spec, spans, context),
  };
}

class PlainWindowOperator implements Operator {
  readonly id: string;
  readonly #spec: PlainWindowSpec;
  readonly #rules: WindowSpans;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #gate: StateGate | undefined;
  readonly #time = new EventTime();
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  readonly #open: OpenSpans;
  readonly #due = new DueWindows();
  readonly #sweep: SpaceSweep;
  /** Whether the store may have spans that nobody has told of. */
  #isUnread = false;
  #last: Span | undefined;
  #batch: Batch | undefined;
  #firing: Iterator<FiringPause, void> | undefined;
  /** The window that it is of. */
  #fired: TimeWindow | undefined;
  /** The event time before the newest watermark. */
  #before = NO_TIMESTAMP;

  readonly reached = (): number | undefined => this.#time.leastOf(this.#context.range);

  constructor(spec: PlainWindowSpec, rules: WindowSpans, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#rules = rules;
    this.#context = context;
    this.#table = openPagedTable(spec.id, rules.slots, context);
    this.#gate = gateOf(this.#table, context);
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(spec.id, context, this.#buffer);
    this.#open = new OpenSpans(this.#table);
    this.#sweep = new SpaceSweep(this.#table, () => undefined);
  }

  /** What there is besides a gate. */
  get #parts(): PagingParts {
    return (this.#context.paging as OperatorPaging).parts;
  }

  get isPaged(): boolean {
    return this.#gate !== undefined;
  }

  batch(_input: number, batch: Batch): Progress {
    if (this.#gate === undefined) return this.#addAll(batch);
    this.#batch = batch;
    return this.resume();
  }

  watermark(time: number): Progress {
    this.#before = this.#time.current;
    this.#time.current = time;
    this.#last = undefined;
    return this.resume();
  }

  resume(): Progress {
    const gate = this.#gate;
    if (gate !== undefined) {
      if (gate.enter() !== DONE) return PENDING;
      if (this.#isUnread) return this.#readSpans(gate);
    }
    const flushed = this.#buffer.flush();
    if (flushed !== DONE) return flushed;
    if (gate !== undefined && this.#batch !== undefined) return this.#addPaged(gate, this.#batch);
    this.#sweep.sweep();
    return this.#fireDue();
  }

  /** Adds all records, once the store was asked for what memory lacks for them. */
  #addPaged(gate: StateGate, batch: Batch): Progress {
    const entries = gate.isPinned ? [] : this.#lacking(gate, batch);
    if (entries.length > 0) return gate.load({ entries, maps: [] });
    this.#batch = undefined;
    const progress = this.#addAll(batch);
    gate.leave();
    return progress;
  }

  #lacking({ pager }: StateGate, { values, timestamps }: Batch): readonly NeededEntry[] {
    if (pager.readsAtOnce) return [];
    const rows = new Set<Row>();
    values.forEach((value, index) => {
      try {
        const span = this.#spanAt(timestamps[index] as number);
        if (typeof span !== "object") return;
        const row = this.#table.row(span.space, this.#spec.keyOf(value));
        if (pager.lacks(row, ACCUMULATOR)) rows.add(row);
      } catch {
        // It is met again by the call for the record, which says whose it was.
      }
    });
    return [...rows].map((row) => ({ row, slot: ACCUMULATOR, subkey: undefined }));
  }

  #addAll(batch: Batch): Progress {
    const late = this.#letters === undefined ? this.#addEach(batch) : this.#addAtomically(batch, this.#letters);
    setLateAside(batch, late, this.#spec.lateOutput, this.#buffer, this.#context);
    return this.#buffer.flush();
  }

  #addEach(batch: Batch): readonly number[] {
    const { values, timestamps } = batch;
    const late: number[] = [];
    let i = 0;
    try {
      for (; i < values.length; i++) if (!this.#add(values[i], timestamps, i)) late.push(i);
    } catch (error) {
      throw userCodeError(error, this.id, this.#spec.what, recordOf(batch, i));
    }
    return late;
  }

  /** As {@link #addEach}, where a record that throws leaves nothing behind and the others go on. */
  #addAtomically(batch: Batch, letters: DeadLetters): readonly number[] {
    const add = (value: unknown, at: number): boolean => this.#add(value, batch.timestamps, at);
    return addAtomically(batch, this.#table.journal, letters, this.#spec.what, add);
  }

  /** Adds a record to its span; false if it came too late for all windows. */
  #add(value: unknown, timestamps: readonly number[], at: number): boolean {
    // Taken out of its batch here: a number with a fraction that is handed on is an allocation.
    const timestamp = timestamps[at] as number;
    const key = this.#spec.keyOf(value);
    let span = this.#last;
    if (span === undefined || !(timestamp >= span.window.start && timestamp < span.window.end)) {
      const found = this.#spanAt(timestamp);
      if (typeof found !== "object") return found === "between";
      span = found;
    }
    if (this.#time.hasFloors && this.#wasPast(span.window, key)) return false;
    const table = this.#table;
    const row = table.row(span.space, key);
    const cell = row.cell(ACCUMULATOR) ?? table.cell(row, ACCUMULATOR);
    table.claim(cell);
    const { aggregate } = this.#spec;
    cell.value = cell.present ? addTo(aggregate, cell.value, value) : addFirst(aggregate, value);
    cell.present = true;
    return true;
  }

  #wasPast(span: TimeWindow, key: Key): boolean {
    return this.#rules.lastEndOf(span) - 1 <= this.#time.of(keyGroupOf(key, this.#context.keyGroups));
  }

  /** The span that a time lies in; `"late"`: all its windows are past; `"between"`: it is part of none. */
  #spanAt(timestamp: number): Span | "late" | "between" {
    const last = this.#last;
    if (last !== undefined && timestamp >= last.window.start && timestamp < last.window.end) return last;
    needTimestamp(timestamp, this.id);
    const window = this.#rules.spanAt(timestamp);
    const end = this.#rules.lastEndOf(window);
    if (end <= window.start) return "between";
    if (end - 1 <= this.#time.current) return "late";
    this.#last = this.#opened(window);
    return this.#last;
  }

  #opened(window: TimeWindow): Span {
    const known = this.#open.get(window);
    if (known !== undefined) return known;
    for (const each of this.#rules.windowsOf(window)) if (each.end - 1 > this.#time.current) this.#due.add(each);
    return this.#open.add(window);
  }

  #fireDue(): Progress {
    const { slice } = this.#context;
    for (;;) {
      if (this.#firing === undefined && !this.#due.has(this.#time.current)) return this.#buffer.flush();
      this.#firing ??= this.#begin(this.#due.take());
      const pause = this.#fireOn(this.#firing);
      const flushed = pause !== undefined || this.#buffer.isFull ? this.#buffer.flush() : DONE;
      if (pause === "waiting") return PENDING;
      if (flushed !== DONE) return flushed;
      if (slice.remaining <= 0) return AGAIN;
    }
  }

  #fireOn(firing: Iterator<FiringPause, void>): FiringPause | undefined {
    try {
      const step = firing.next();
      if (step.done !== true) return step.value;
    } catch (error) {
      throw userCodeError(error, this.id, this.#spec.what);
    }
    this.#context.slice.remaining--;
    this.#firing = undefined;
    return undefined;
  }

  #begin(window: TimeWindow): Iterator<FiringPause, void> {
    this.#fired = window;
    return this.#fire(window);
  }

  *#fire(window: TimeWindow): Generator<FiringPause, void> {
    const spans = this.#rules.spansOf(window).flatMap((each) => this.#open.get(each) ?? []);
    const ended = spans.filter((span) => this.#rules.lastEndOf(span.window) === window.end);
    const firing = new WindowFiring(window, spans, ended, {
      aggregate: this.#spec.aggregate,
      isShared: this.#rules.isShared,
      table: this.#table,
      time: this.#time,
      buffer: this.#buffer,
      context: this.#context,
      failed: (error, row) => this.#failed(error, row, window),
    });
    const gate = this.#gate;
    if (gate !== undefined && spans.some(({ space }) => space.left !== undefined)) {
      const { range, keyGroups } = this.#context;
      yield* this.#parts.fire(firing, { table: this.#table, gate, range, keyGroups });
    } else {
      // What is in memory stays until the window is through.
      gate?.stay();
      yield* firing.fireRows(residentRows);
      gate?.leave();
    }
    for (const span of ended) {
      this.#open.delete(span);
      this.#sweep.retire(span.space);
    }
  }

  #failed(error: unknown, { key }: Row, window: TimeWindow): void {
    const subject = { kind: "window", key, window, timestamp: window.end - 1 } as const;
    if (this.#letters === undefined) throw userCodeError(error, this.id, this.#spec.what, subject);
    this.#letters.add(error, this.#spec.what, subject);
  }

  /** Of a window that is merged of spans nothing is gone before the last result: there is no telling which were made. */
  get isFiring(): boolean {
    if (this.#batch !== undefined || !this.#buffer.isEmpty || this.#gate?.isWaiting === true) return false;
    return !this.#rules.isShared || (this.#firing === undefined && this.#fired?.end !== this.#due.firstEnd);
  }

  cut(): OperatorCut {
    return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range, this.#firedTo));
  }

  /**
   * Up to which time windows have been fired. The one that is being fired counts: what has its result is gone, and no record may
   * begin it again. What it has left has its result when event time gets there.
   */
  get #firedTo(): number {
    const { current } = this.#time;
    if (this.#firing !== undefined && this.#fired !== undefined) return this.#fired.end - 1;
    const next = this.#due.firstEnd;
    // Before the last time of the next one, and not before what was reached already.
    return next - 1 > current ? current : Math.max(this.#before, next - 2);
  }

  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry, ({ row }) => this.#opened(this.#rules.checked(windowOf(row.space.namespace))));
  }

  restored(floors: readonly WatermarkFloor[], isComplete = true): void {
    this.#time.restore(floors);
    if (this.#gate !== undefined) this.#gate.pager.isComplete = isComplete;
    this.#isUnread = !isComplete;
  }

  /** Asks the store which spans it has, and of which key groups: a restore has left entries there. */
  #readSpans(gate: StateGate): Progress {
    return gate.waitFor(
      () => this.#parts.spans(gate.pager.access, this.#table.layout, this.#context.range),
      (spans) => {
        for (const { window, keyGroups } of spans) {
          const { space } = this.#opened(this.#rules.checked(window));
          for (const keyGroup of keyGroups) space.noteLeft(keyGroup);
        }
        this.#isUnread = false;
        gate.leave();
      },
    );
  }
}
