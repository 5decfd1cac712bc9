import { addAtomically } from "./add-atomically.ts";
import { StateError } from "../../errors.ts";
import type { StateEntry } from "../../state/backend.ts";
import { groupOf, SLICE_STATE } from "../../state/entry-codec.ts";
import type { Key } from "../../state/key-codec.ts";
import { keyGroupOf } from "../../state/key-groups.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import type { Slot } from "../../state/layout.ts";
import { type Cell, KeyMap, type Row, type Space } from "../../state/row.ts";
import { TimeHeap } from "../../time/time-heap.ts";
import { sliceOver, type TimeWindow, windowStart, windowsOver, type WindowGrid } from "../../time/windows.ts";
import { type Batch, BATCH_RECORDS } from "../batch.ts";
import { BatchBuffer } from "../batch-buffer.ts";
import { recordOf } from "../call-subject.ts";
import { DeadLetters } from "../dead-letters.ts";
import { cutTable, EventTime, openTable, restoreEntry } from "../keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "../operator.ts";
import { AGAIN, DONE, furthest, type Progress } from "../progress.ts";
import { userCodeError } from "../user-code.ts";
import type { PlainWindowSpec } from "./assigner.ts";
import { namespaceOf, windowOf } from "./namespace.ts";
import { setLateAside } from "./late-records.ts";
import { needTimestamp } from "./need-timestamp.ts";
import { pagedWindowOperator } from "./paged-windows.ts";
import type { WindowSpans } from "./window-spans.ts";

/** What an operator of windows that overlap is made of. Its aggregate has a `merge`. */
export interface SlicedWindowSpec extends PlainWindowSpec {
  readonly sizeMs: number;
  readonly grid: WindowGrid;
}

/**
 * Aggregates the records of each key and slice of time, and merges the slices of a window when the watermark has passed it.
 * A slice is the namespace of its accumulators; it goes with the last window that it is part of.
 */
export function slicedWindowOperator(spec: SlicedWindowSpec): OperatorFactory {
  const paged = pagedWindowOperator(spec, spansOf(spec));
  return (context) => (context.paging === undefined ? new SlicedWindowOperator(spec, context) : paged(context));
}

function spansOf(spec: SlicedWindowSpec): WindowSpans {
  const { sizeMs, grid } = spec;
  return {
    slots: SLICE_SLOTS,
    isShared: true,
    spanAt: (timestamp) => sliceOver(timestamp, sizeMs, grid),
    windowsOf: ({ start }) => windowsOver(start, sizeMs, grid),
    spansOf: (window) => {
      const slices: TimeWindow[] = [];
      for (let { start } = window; start < window.end; start = (slices.at(-1) as TimeWindow).end) {
        slices.push(sliceOver(start, sizeMs, grid));
      }
      return slices;
    },
    checked: (span) => checkedSlice(spec, span),
  };
}

/** The end of the last window that may contain a slice. */
function lastEndOf({ sizeMs, grid }: SlicedWindowSpec, span: TimeWindow): number {
  return windowStart(span.start, grid) + sizeMs;
}

/**
 * A restored slice that the windows of now are not made of would be lost for them.
 *
 * @throws {StateError} STATE_INCOMPATIBLE
 */
export function checkedSlice(spec: SlicedWindowSpec, span: TimeWindow): TimeWindow {
  const { id, sizeMs, grid } = spec;
  const now = sliceOver(span.start, sizeMs, grid);
  if (now.start === span.start && now.end === span.end && lastEndOf(spec, span) > span.start) return span;
  throw new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore slices of windows of "${id}": found one from ${span.start} to ${span.end}, and the windows are now ` +
      `${sizeMs} ms long, one each ${grid.everyMs} ms with an offset of ${grid.offsetMs} ms. Use windows as before, or give the step a new id`,
    { details: { operator: id, found: span } },
  );
}

interface Slice {
  readonly span: TimeWindow;
  readonly space: Space;
}

/** What the slices of a window come to for a key, as far as they have been merged. */
interface Merged {
  /** That of the first slice that has the key. */
  readonly row: Row;
  accumulator: unknown;
  /** Whether the key has no result: it had one before a restore, or merging threw. */
  skipped: boolean;
}

/**
 * A window that is being fired: its slices are merged one after the other, each key of a slice looked up once; then come
 * the results, and then the slices that end with it are emptied.
 */
interface Firing {
  readonly window: TimeWindow;
  readonly slices: readonly Slice[];
  readonly merged: KeyMap<Merged>;
  phase: "merging" | "emitting" | "emptying";
  /** How many slices have been merged; then, how many were emptied, from the first on. */
  at: number;
  rows: Iterator<Row> | undefined;
  results: Iterator<Merged> | undefined;
}

const ACCUMULATOR = 0;

/** The state of sliced windows: the accumulator of each key and slice. */
export const SLICE_SLOTS: readonly Slot[] = [
  { name: SLICE_STATE, kind: "value", stateKind: "aggregating", version: 0 },
];

class SlicedWindowOperator implements Operator {
  readonly id: string;
  readonly #spec: SlicedWindowSpec;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #time = new EventTime();
  /** What goes to side outputs. */
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  /** By their starts. */
  readonly #slices = new Map<number, Slice>();
  /** The ends of windows that have something in them and were not fired. */
  readonly #due = new Set<number>();
  readonly #ends = new TimeHeap();
  #last: Slice | undefined;
  #firing: Firing | undefined;

  constructor(spec: SlicedWindowSpec, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#context = context;
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(spec.id, context, this.#buffer);
    this.#table = openTable(spec.id, SLICE_SLOTS, context);
  }

  batch(_input: number, batch: Batch): Progress {
    if (this.#letters !== undefined) return this.#batchAtomically(batch, this.#letters);
    const { values, timestamps } = batch;
    const late: number[] = [];
    let i = 0;
    try {
      for (; i < values.length; i++) {
        if (!this.#add(values[i], timestamps, i)) late.push(i);
      }
    } catch (error) {
      throw userCodeError(error, this.id, this.#spec.what, recordOf(batch, i));
    }
    return late.length === 0 ? DONE : this.#emitLate(batch, late);
  }

  /** As {@link batch}, where a record that throws leaves nothing behind and the others go on. */
  #batchAtomically(batch: Batch, letters: DeadLetters): Progress {
    const add = (value: unknown, at: number): boolean => this.#add(value, batch.timestamps, at);
    const late = addAtomically(batch, this.#table.journal, letters, this.#spec.what, add);
    if (late.length > 0) this.#emitLate(batch, late);
    return this.#buffer.flush();
  }

  /** Adds a record to its slice; false if it came too late for all windows. */
  #add(value: unknown, timestamps: readonly number[], at: number): boolean {
    // Taken out of its batch here: a number with a fraction that is handed on is an allocation.
    const timestamp = timestamps[at] as number;
    const key = this.#spec.keyOf(value);
    let slice = this.#last;
    if (slice === undefined || timestamp < slice.span.start || timestamp >= slice.span.end) {
      needTimestamp(timestamp, this.id);
      const span = sliceOver(timestamp, this.#spec.sizeMs, this.#spec.grid);
      const end = this.#lastEndOf(span);
      // Between two windows there is none to be late for.
      if (end <= span.start) return true;
      if (end - 1 <= this.#time.current) return false;
      slice = this.#openSlice(span);
      this.#last = slice;
    }
    if (this.#time.hasFloors && this.#isLate(slice.span, key)) return false;
    const table = this.#table;
    const row = table.row(slice.space, key);
    const cell = row.cell(ACCUMULATOR) ?? table.cell(row, ACCUMULATOR);
    table.claim(cell);
    const { aggregate } = this.#spec;
    cell.value = aggregate.add(cell.present ? cell.value : aggregate.create(), value);
    cell.present = true;
    return true;
  }

  #lastEndOf(span: TimeWindow): number {
    return lastEndOf(this.#spec, span);
  }

  #isLate(span: TimeWindow, key: Key): boolean {
    return this.#lastEndOf(span) - 1 <= this.#time.of(keyGroupOf(key, this.#context.keyGroups));
  }

  #openSlice(span: TimeWindow): Slice {
    let slice = this.#slices.get(span.start);
    if (slice === undefined) {
      slice = { span, space: this.#table.space(namespaceOf(span)) };
      this.#slices.set(span.start, slice);
      for (const { end } of windowsOver(span.start, this.#spec.sizeMs, this.#spec.grid)) this.#schedule(end);
    }
    return slice;
  }

  #schedule(end: number): void {
    if (end - 1 <= this.#time.current || this.#due.has(end)) return;
    this.#due.add(end);
    this.#ends.push(end);
  }

  #emitLate(batch: Batch, late: readonly number[]): Progress {
    setLateAside(batch, late, this.#spec.lateOutput, this.#buffer, this.#context);
    return this.#buffer.flush();
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    this.#last = undefined;
    return this.resume();
  }

  resume(): Progress {
    const flushed = this.#buffer.flush();
    if (flushed !== DONE) return flushed;
    while (this.#firing !== undefined || this.#isDue()) {
      const progress = this.#fireSome();
      if (progress !== DONE) return progress;
      if (this.#context.slice.remaining <= 0) return AGAIN;
    }
    return DONE;
  }

  #isDue(): boolean {
    const end = this.#ends.peek();
    return end !== undefined && end - 1 <= this.#time.current;
  }

  /** Begins with the first of the windows that are due. */
  #takeDueWindow(): Firing {
    const end = this.#ends.pop() as number;
    this.#due.delete(end);
    const window = { start: end - this.#spec.sizeMs, end };
    const slices: Slice[] = [];
    for (let { start } = window; start < end;) {
      const slice = this.#slices.get(start);
      if (slice !== undefined) slices.push(slice);
      start = sliceOver(start, this.#spec.sizeMs, this.#spec.grid).end;
    }
    return {
      window,
      slices,
      merged: new KeyMap(),
      phase: "merging",
      at: 0,
      rows: undefined,
      results: undefined,
    };
  }

  /** Emits one batch of results, or what is left of the windows that are due, or of this share of work. */
  #fireSome(): Progress {
    const { slice, output } = this.#context;
    const values: unknown[] = [];
    const timestamps: number[] = [];
    try {
      do {
        slice.remaining--;
        this.#fireOne(values, timestamps);
      } while (values.length < BATCH_RECORDS && slice.remaining > 0 && (this.#firing !== undefined || this.#isDue()));
    } catch (error) {
      throw userCodeError(error, this.id, this.#spec.what);
    }
    const flushed = this.#buffer.flush();
    return values.length === 0 ? flushed : furthest(flushed, output.emit({ values, timestamps }));
  }

  /** Takes one step: a row of a slice, a result, or the end of a slice, a phase or the window. */
  #fireOne(values: unknown[], timestamps: number[]): void {
    this.#firing ??= this.#takeDueWindow();
    const firing = this.#firing;
    if (firing.phase === "emitting") this.#emitNext(firing, values, timestamps);
    else this.#walk(firing);
  }

  #walk(firing: Firing): void {
    const isEmptying = firing.phase === "emptying";
    const slice = firing.slices[firing.at];
    if (slice === undefined || (isEmptying && !this.#endsWith(slice, firing.window))) {
      if (isEmptying) this.#firing = undefined;
      else firing.phase = "emitting";
      return;
    }
    firing.rows ??= slice.space.rows();
    const step = firing.rows.next();
    if (step.done === true) {
      firing.rows = undefined;
      firing.at++;
      if (isEmptying) this.#drop(slice);
      return;
    }
    const cell = step.value.cell(ACCUMULATOR);
    if (cell?.present !== true) return;
    if (isEmptying) this.#table.clear(cell);
    else this.#merge(firing, step.value, cell);
  }

  #endsWith({ span }: Slice, window: TimeWindow): boolean {
    return span.start < window.start + this.#spec.grid.everyMs;
  }

  #drop({ span, space }: Slice): void {
    this.#slices.delete(span.start);
    this.#table.dropSpace(space);
  }

  /** Merges a slice of a key with those before it. It must not change by that. */
  #merge(firing: Firing, row: Row, cell: Cell): void {
    const { aggregate } = this.#spec;
    const known = firing.merged.get(row.key);
    const merged = known ?? this.#newMerged(firing, row);
    if (merged.skipped) return;
    this.#table.protect(cell);
    try {
      const into = known === undefined ? aggregate.create() : merged.accumulator;
      merged.accumulator = aggregate.merge?.(into, cell.value);
    } catch (error) {
      merged.skipped = true;
      this.#failed(error, row, firing.window);
    }
  }

  #newMerged({ merged, window }: Firing, row: Row): Merged {
    const skipped = this.#time.hadReached(window.end - 1, () => groupOf(row, this.#context.keyGroups));
    const made = { row, accumulator: undefined, skipped };
    merged.set(row.key, made);
    return made;
  }

  /** Emits the result of the next key; after the last of them come the slices that no later window needs: they are the first. */
  #emitNext(firing: Firing, values: unknown[], timestamps: number[]): void {
    const { window } = firing;
    firing.results ??= firing.merged.values();
    const step = firing.results.next();
    if (step.done === true) {
      firing.phase = "emptying";
      firing.at = 0;
      return;
    }
    const { row, accumulator, skipped } = step.value;
    if (skipped) return;
    try {
      const value = this.#spec.aggregate.result(accumulator);
      values.push({ key: row.key, window, value });
      timestamps.push(window.end - 1);
    } catch (error) {
      this.#failed(error, row, window);
    }
  }

  #failed(error: unknown, { key }: Row, window: TimeWindow): void {
    const subject = { kind: "window", key, window, timestamp: window.end - 1 } as const;
    if (this.#letters === undefined) throw userCodeError(error, this.id, this.#spec.what, subject);
    this.#letters.add(error, this.#spec.what, subject);
  }

  cut(): OperatorCut {
    return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range));
  }

  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry, ({ row }) => {
      groupOf(row, this.#context.keyGroups);
      this.#openSlice(checkedSlice(this.#spec, windowOf(row.space.namespace)));
    });
  }

  restored(floors: readonly WatermarkFloor[]): void {
    this.#time.restore(floors);
  }
}
