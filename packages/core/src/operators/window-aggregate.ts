import { addAtomically } from "./windows/add-atomically.ts";
import { StateError } from "../errors.ts";
import type { StateEntry } from "../state/backend.ts";
import { groupOf, WINDOW_STATE } from "../state/entry-codec.ts";
import { keyGroupOf } from "../state/key-groups.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import type { Slot } from "../state/layout.ts";
import type { Row, Space } from "../state/row.ts";
import { TimeHeap } from "../time/time-heap.ts";
import type { TimeWindow } from "../time/windows.ts";
import { type Batch, BATCH_RECORDS } from "./batch.ts";
import { BatchBuffer } from "./batch-buffer.ts";
import { recordOf } from "./call-subject.ts";
import { DeadLetters } from "./dead-letters.ts";
import { cutTable, EventTime, openTable, restoreEntry } from "./keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "./operator.ts";
import { AGAIN, DONE, furthest, type Progress } from "./progress.ts";
import { userCodeError } from "./user-code.ts";
import type { PlainWindowSpec } from "./windows/assigner.ts";
import { namespaceOf, windowOf } from "./windows/namespace.ts";
import { setLateAside } from "./windows/late-records.ts";
import { needTimestamp } from "./windows/need-timestamp.ts";
import { pagedWindowOperator } from "./windows/paged-windows.ts";
import type { WindowSpans } from "./windows/window-spans.ts";

/** What an operator of windows that do not overlap is made of. */
export interface WindowAggregateSpec extends PlainWindowSpec {
  readonly windows: AlignedWindows;
}

/** Windows that do not overlap and are the same for all keys. */
export interface AlignedWindows {
  /** The window that a time lies in: a pure function. */
  windowAt(timestamp: number): TimeWindow;
  /** Why a restored window that is none of these cannot be gone on with; `undefined`: it is kept as it was stored. */
  refusal?(window: TimeWindow): string | undefined;
}

/** Aggregates the records of each key and window, and emits the result when the watermark has passed the window. */
export function windowAggregateOperator(spec: WindowAggregateSpec): OperatorFactory {
  const paged = pagedWindowOperator(spec, spansOf(spec));
  return (context) => (context.paging === undefined ? new WindowAggregateOperator(spec, context) : paged(context));
}

function spansOf(spec: WindowAggregateSpec): WindowSpans {
  return {
    slots: WINDOW_SLOTS,
    isShared: false,
    spanAt: (timestamp) => spec.windows.windowAt(timestamp),
    windowsOf: (window) => [window],
    spansOf: (window) => [window],
    checked: (window) => checkedWindow(spec, window),
  };
}

/**
 * A restored window that is never made again is fired like any other, but a mistake must not pass for one.
 *
 * @throws {StateError} STATE_INCOMPATIBLE
 */
export function checkedWindow({ id, windows }: WindowAggregateSpec, window: TimeWindow): TimeWindow {
  const refusal = windows.refusal?.(window);
  if (refusal === undefined) return window;
  throw new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore windows of "${id}": found one from ${window.start} to ${window.end}, and ${refusal}. ` +
      "Use windows as before, or give the step a new id",
    { details: { operator: id, found: window } },
  );
}

interface OpenWindow {
  readonly window: TimeWindow;
  readonly space: Space;
  /** Another one that ends with it, as after a change of the rules that made it. */
  readonly sibling: OpenWindow | undefined;
}

interface Firing {
  readonly open: OpenWindow;
  readonly rows: Iterator<Row>;
}

const ACCUMULATOR = 0;

/** The state of a window: the accumulator of each key and window. */
export const WINDOW_SLOTS: readonly Slot[] = [
  { name: WINDOW_STATE, kind: "value", stateKind: "aggregating", version: 0 },
];

class WindowAggregateOperator implements Operator {
  readonly id: string;
  readonly #spec: WindowAggregateSpec;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #time = new EventTime();
  /** What goes to side outputs. */
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  /** By their ends. */
  readonly #open = new Map<number, OpenWindow>();
  readonly #ends = new TimeHeap();
  #last: OpenWindow | undefined;
  #firing: Firing | undefined;

  constructor(spec: WindowAggregateSpec, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#context = context;
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(spec.id, context, this.#buffer);
    this.#table = openTable(spec.id, WINDOW_SLOTS, context);
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

  /** Adds a record to its window; false if it came too late. */
  #add(value: unknown, timestamps: readonly number[], at: number): boolean {
    // Taken out of its batch here: a number with a fraction that is handed on is an allocation.
    const timestamp = timestamps[at] as number;
    const key = this.#spec.keyOf(value);
    let open = this.#last;
    if (open === undefined || timestamp < open.window.start || timestamp >= open.window.end) {
      const window = this.#windowOf(timestamp);
      if (window.end - 1 <= this.#time.current) return false;
      open = this.#openWindow(window);
      this.#last = open;
    }
    if (this.#time.hasFloors && open.window.end - 1 <= this.#time.of(keyGroupOf(key, this.#context.keyGroups))) {
      return false;
    }
    const table = this.#table;
    const row = table.row(open.space, key);
    const cell = row.cell(ACCUMULATOR) ?? table.cell(row, ACCUMULATOR);
    table.claim(cell);
    const { aggregate } = this.#spec;
    cell.value = aggregate.add(cell.present ? cell.value : aggregate.create(), value);
    cell.present = true;
    return true;
  }

  #windowOf(timestamp: number): TimeWindow {
    needTimestamp(timestamp, this.id);
    return this.#spec.windows.windowAt(timestamp);
  }

  #openWindow(window: TimeWindow): OpenWindow {
    const sibling = this.#open.get(window.end);
    for (let open = sibling; open !== undefined; open = open.sibling) {
      if (open.window.start === window.start) return open;
    }
    const open = { window, space: this.#table.space(namespaceOf(window)), sibling };
    this.#open.set(window.end, open);
    this.#ends.push(window.end);
    return open;
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
    const open = this.#open.get(end) as OpenWindow;
    if (open.sibling === undefined) this.#open.delete(end);
    else this.#open.set(end, open.sibling);
    return { open, rows: open.space.rows() };
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

  /** Adds the result of the next key of the window, or ends the window after the last. */
  #fireOne(values: unknown[], timestamps: number[]): void {
    this.#firing ??= this.#takeDueWindow();
    const { open, rows } = this.#firing;
    const step = rows.next();
    if (step.done === true) {
      this.#table.dropSpace(open.space);
      this.#firing = undefined;
      return;
    }
    const cell = step.value.cell(ACCUMULATOR);
    if (cell === undefined || !cell.present) return;
    this.#table.protect(cell);
    try {
      const value = this.#spec.aggregate.result(cell.value);
      values.push({ key: step.value.key, window: open.window, value });
      timestamps.push(open.window.end - 1);
    } catch (error) {
      this.#failed(error, step.value, open.window);
    }
    this.#table.clear(cell);
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
      this.#openWindow(checkedWindow(this.#spec, windowOf(row.space.namespace)));
    });
  }

  restored(floors: readonly WatermarkFloor[]): void {
    this.#time.restore(floors);
  }
}
