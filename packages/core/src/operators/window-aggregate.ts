import { ConfigurationError, StateError } from "../errors.ts";
import type { AggregateFunction } from "../state/aggregate-function.ts";
import type { StateEntry } from "../state/backend.ts";
import { groupOf } from "../state/entry-codec.ts";
import type { Key } from "../state/key-codec.ts";
import { keyGroupOf } from "../state/key-groups.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import type { Row, Space } from "../state/row.ts";
import { TimeHeap } from "../time/time-heap.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import { type TimeWindow, type WindowAssigner, windowStart } from "../time/windows.ts";
import { type Batch, BATCH_RECORDS } from "./batch.ts";
import { cutTable, EventTime, type KeySelector, openTable, restoreEntry } from "./keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "./operator.ts";
import { AGAIN, DONE, type Progress } from "./progress.ts";
import { userCodeError } from "./user-code.ts";

export type { AggregateFunction };

/** What a window operator emits: the result of one key in one window. */
export interface WindowResult<K, R> {
  readonly key: K;
  readonly window: TimeWindow;
  readonly value: R;
}

/** What a window operator is made of. */
export interface WindowAggregateSpec {
  readonly id: string;
  readonly keyOf: KeySelector;
  readonly assigner: WindowAssigner;
  readonly aggregate: AggregateFunction<unknown, unknown, unknown>;
  /** The side output for records that come after their window was fired. Without it they are dropped and counted. */
  readonly lateOutput: string | undefined;
}

/** Aggregates the records of each key and window, and emits the result when the watermark has passed the window. */
export function windowAggregateOperator(spec: WindowAggregateSpec): OperatorFactory {
  return (context) => new WindowAggregateOperator(spec, context);
}

interface OpenWindow {
  readonly window: TimeWindow;
  readonly space: Space;
}

interface Firing {
  readonly open: OpenWindow;
  readonly rows: Iterator<Row>;
}

const ACCUMULATOR = 0;

class WindowAggregateOperator implements Operator {
  readonly id: string;
  readonly #spec: WindowAggregateSpec;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #time = new EventTime();
  readonly #open = new Map<number, OpenWindow>();
  readonly #ends = new TimeHeap();
  #last: OpenWindow | undefined;
  #firing: Firing | undefined;

  constructor(spec: WindowAggregateSpec, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#context = context;
    this.#table = openTable(spec.id, [{ name: "accumulator", kind: "value", version: 0 }], context);
  }

  batch(_input: number, batch: Batch): Progress {
    const { values, timestamps } = batch;
    const late: number[] = [];
    try {
      for (let i = 0; i < values.length; i++) {
        if (!this.#add(values[i], timestamps[i] as number)) late.push(i);
      }
    } catch (error) {
      throw userCodeError(error, this.id, "aggregate");
    }
    return late.length === 0 ? DONE : this.#emitLate(batch, late);
  }

  /** Adds a record to its window; false if it came too late. */
  #add(value: unknown, timestamp: number): boolean {
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
    const cell = row.cells[ACCUMULATOR] ?? table.cell(row, ACCUMULATOR);
    table.claim(cell);
    const { aggregate } = this.#spec;
    cell.value = aggregate.add(cell.present ? cell.value : aggregate.create(), value);
    cell.present = true;
    return true;
  }

  #windowOf(timestamp: number): TimeWindow {
    if (timestamp === NO_TIMESTAMP) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot put a record into a window of "${this.id}": it has no timestamp. Give its source an "eventTime" option`,
        { details: { operator: this.id } },
      );
    }
    const { assigner } = this.#spec;
    const start = windowStart(timestamp, assigner);
    return { start, end: start + assigner.sizeMs };
  }

  /** A restored window that the assigner no longer makes would never be fired. */
  #checked(window: TimeWindow): TimeWindow {
    const { id, assigner } = this.#spec;
    if (window.end - window.start === assigner.sizeMs && windowStart(window.start, assigner) === window.start) {
      return window;
    }
    throw new StateError(
      "STATE_INCOMPATIBLE",
      `Cannot restore windows of "${id}": found one from ${window.start} to ${window.end}, and the windows are now ` +
        `${assigner.sizeMs} ms long with an offset of ${assigner.offsetMs} ms. Use windows as before, or give the step a new id`,
      { details: { operator: id, found: window } },
    );
  }

  #openWindow(window: TimeWindow): OpenWindow {
    let open = this.#open.get(window.start);
    if (open === undefined) {
      open = { window, space: this.#table.space(namespaceOf(window)) };
      this.#open.set(window.start, open);
      this.#ends.push(window.end);
    }
    return open;
  }

  #emitLate(batch: Batch, late: readonly number[]): Progress {
    if (this.#spec.lateOutput === undefined) {
      this.#context.droppedLate(late.length);
      return DONE;
    }
    return this.#context.sideOutput(this.#spec.lateOutput).emit({
      values: late.map((index) => batch.values[index]),
      timestamps: late.map((index) => batch.timestamps[index] as number),
    });
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    this.#last = undefined;
    return this.resume();
  }

  resume(): Progress {
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
    const start = end - this.#spec.assigner.sizeMs;
    const open = this.#open.get(start) as OpenWindow;
    this.#open.delete(start);
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
      throw userCodeError(error, this.id, "aggregate");
    }
    return values.length === 0 ? DONE : output.emit({ values, timestamps });
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
    const cell = step.value.cells[ACCUMULATOR];
    if (cell === undefined || !cell.present) return;
    this.#table.protect(cell);
    values.push({ key: step.value.key, window: open.window, value: this.#spec.aggregate.result(cell.value) });
    timestamps.push(open.window.end - 1);
    this.#table.clear(cell);
  }

  cut(): OperatorCut {
    return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range));
  }

  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry, ({ row }) => {
      groupOf(row, this.#context.keyGroups);
      this.#openWindow(this.#checked(windowOf(row.space.namespace)));
    });
  }

  restored(floors: readonly WatermarkFloor[]): void {
    this.#time.restore(floors);
  }
}

function namespaceOf(window: TimeWindow): Key {
  return [window.start, window.end];
}

function windowOf(namespace: Key): TimeWindow {
  const [start, end] = namespace as readonly [number, number];
  return { start, end };
}
