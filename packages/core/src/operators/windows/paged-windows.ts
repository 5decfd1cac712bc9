import { assert } from "../../assert.ts";
import type { StateEntry } from "../../state/backend.ts";
import { decodeEntryKey, windowRange } from "../../state/entry-codec.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import { keyGroupOf } from "../../state/key-groups.ts";
import type { NeededEntry } from "../../state/paging/state-miss.ts";
import type { Row } from "../../state/row.ts";
import { TimeHeap } from "../../time/time-heap.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { type Batch, BATCH_RECORDS } from "../batch.ts";
import { BatchBuffer } from "../batch-buffer.ts";
import { recordOf } from "../call-subject.ts";
import { DeadLetters } from "../dead-letters.ts";
import { cutTable, EventTime, openPagedTable, restoreEntry } from "../keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "../operator.ts";
import { AGAIN, DONE, furthest, PENDING, type Progress } from "../progress.ts";
import { StateGate } from "../state-gate.ts";
import { userCodeError } from "../user-code.ts";
import { addAtomically } from "./add-atomically.ts";
import type { PlainWindowSpec } from "./assigner.ts";
import { namespaceOf, windowOf } from "./namespace.ts";
import { setLateAside } from "./late-records.ts";
import { needTimestamp } from "./need-timestamp.ts";
import { firePaged, type FiringStep } from "./paged-firing.ts";
import { SpaceSweep } from "./space-sweep.ts";
import { ACCUMULATOR, type Span, type WindowSpans } from "./window-spans.ts";

/**
 * Aggregates the records of each key and window within the memory of the run. Accumulators leave memory as any entries do. They
 * are stored window by window in each key group, so that a window that is due is read, and its results are made, one key group
 * after the other.
 */
export function pagedWindowOperator(spec: PlainWindowSpec, spans: WindowSpans): OperatorFactory {
  return (context) => new PagedWindowOperator(spec, spans, context);
}

interface Results {
  readonly values: unknown[];
  readonly timestamps: number[];
}

class PagedWindowOperator implements Operator {
  readonly id: string;
  readonly isPaged = true;
  readonly #spec: PlainWindowSpec;
  readonly #rules: WindowSpans;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #gate: StateGate;
  readonly #time = new EventTime();
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  /** Those that are still needed, by {@link nameOf}. */
  readonly #spans = new Map<string, Span>();
  /** The windows that were not fired and may have something in them, by their ends. */
  readonly #due = new Map<number, TimeWindow[]>();
  /** The end of each of those. */
  readonly #ends = new TimeHeap();
  readonly #sweep: SpaceSweep;
  /** Whether the store may have windows that nobody has told of. */
  #isUnread = false;
  #last: Span | undefined;
  #batch: Batch | undefined;
  #results: Results = { values: [], timestamps: [] };
  #firing: Iterator<FiringStep> | undefined;

  constructor(spec: PlainWindowSpec, rules: WindowSpans, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#rules = rules;
    this.#context = context;
    this.#table = openPagedTable(spec.id, rules.slots, context);
    this.#gate = StateGate.of(this.#table, context) as StateGate;
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(spec.id, context, this.#buffer);
    this.#sweep = new SpaceSweep(this.#table, ({ namespace }) => {
      this.#spans.delete(nameOf(windowOf(namespace)));
    });
  }

  batch(_input: number, batch: Batch): Progress {
    this.#batch = batch;
    return this.resume();
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    this.#last = undefined;
    return this.resume();
  }

  resume(): Progress {
    if (this.#gate.enter() !== DONE) return PENDING;
    if (this.#isUnread) return this.#readSpans();
    const flushed = this.#buffer.flush();
    if (flushed !== DONE) return flushed;
    if (this.#batch !== undefined) return this.#addAll(this.#batch);
    this.#sweep.sweep();
    return this.#fireDue();
  }

  /** Adds all records, once the store was asked for what memory lacks for them. */
  #addAll(batch: Batch): Progress {
    const entries = this.#gate.isPinned ? [] : this.#lacking(batch);
    if (entries.length > 0) return this.#gate.load({ entries, maps: [] });
    this.#batch = undefined;
    const late = this.#letters === undefined ? this.#addEach(batch) : this.#addAtomically(batch, this.#letters);
    this.#gate.leave();
    setLateAside(batch, late, this.#spec.lateOutput, this.#buffer, this.#context);
    return this.#buffer.flush();
  }

  #lacking({ values, timestamps }: Batch): readonly NeededEntry[] {
    const { pager } = this.#gate;
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

  #addEach(batch: Batch): readonly number[] {
    const late: number[] = [];
    let i = 0;
    try {
      for (; i < batch.values.length; i++) if (!this.#add(batch, i)) late.push(i);
    } catch (error) {
      throw userCodeError(error, this.id, this.#spec.what, recordOf(batch, i));
    }
    return late;
  }

  #addAtomically(batch: Batch, letters: DeadLetters): readonly number[] {
    return addAtomically(batch, this.#table.journal, letters, this.#spec.what, (_, at) => this.#add(batch, at));
  }

  /** Adds a record to its span; false if it came too late for all windows. */
  #add({ values, timestamps }: Batch, at: number): boolean {
    const value = values[at];
    const key = this.#spec.keyOf(value);
    const span = this.#spanAt(timestamps[at] as number);
    if (typeof span !== "object") return span === "between";
    if (this.#time.hasFloors && this.#isPast(span.window, keyGroupOf(key, this.#context.keyGroups))) return false;
    const table = this.#table;
    const cell = table.cell(table.row(span.space, key), ACCUMULATOR);
    table.claim(cell);
    const { aggregate } = this.#spec;
    cell.value = aggregate.add(cell.present ? cell.value : aggregate.create(), value);
    cell.present = true;
    return true;
  }

  #isPast(span: TimeWindow, keyGroup: number): boolean {
    return (this.#rules.windowsOf(span).at(-1) as TimeWindow).end - 1 <= this.#time.of(keyGroup);
  }

  /** The span that a time lies in; `"late"`: all its windows are past; `"between"`: it is part of none. */
  #spanAt(timestamp: number): Span | "late" | "between" {
    const last = this.#last;
    if (last !== undefined && timestamp >= last.window.start && timestamp < last.window.end) return last;
    needTimestamp(timestamp, this.id);
    const window = this.#rules.spanAt(timestamp);
    const end = this.#rules.windowsOf(window).at(-1)?.end;
    if (end === undefined) return "between";
    if (end - 1 <= this.#time.current) return "late";
    this.#last = this.#open(window);
    return this.#last;
  }

  #open(window: TimeWindow): Span {
    const name = nameOf(window);
    let span = this.#spans.get(name);
    if (span === undefined) {
      span = { window, space: this.#table.space(namespaceOf(window)) };
      this.#spans.set(name, span);
      for (const each of this.#rules.windowsOf(window)) this.#schedule(each);
    }
    return span;
  }

  #schedule(window: TimeWindow): void {
    if (window.end - 1 <= this.#time.current) return;
    const siblings = this.#due.get(window.end) ?? [];
    if (siblings.some(({ start }) => start === window.start)) return;
    this.#due.set(window.end, [...siblings, window]);
    this.#ends.push(window.end);
  }

  #fireDue(): Progress {
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

  #takeDueWindow(): TimeWindow {
    const end = this.#ends.pop() as number;
    const [window, ...siblings] = this.#due.get(end) ?? [];
    assert(window !== undefined, `no window ends at ${end}`);
    if (siblings.length === 0) this.#due.delete(end);
    else this.#due.set(end, siblings);
    return window;
  }

  /** Emits one batch of results, or what is left of the windows that are due, or of this share of work. */
  #fireSome(): Progress {
    const { slice, output } = this.#context;
    const results: Results = { values: [], timestamps: [] };
    this.#results = results;
    let isWaiting = false;
    while (results.values.length < BATCH_RECORDS && slice.remaining > 0 && !isWaiting) {
      if (this.#firing === undefined && !this.#isDue()) break;
      slice.remaining--;
      this.#firing ??= this.#fire(this.#takeDueWindow());
      const step = this.#firing.next();
      if (step.done === true) this.#firing = undefined;
      else isWaiting = step.value === "waiting";
    }
    const flushed = this.#buffer.flush();
    const emitted = results.values.length === 0 ? flushed : furthest(flushed, output.emit(results));
    return isWaiting ? PENDING : emitted;
  }

  *#fire(window: TimeWindow): Generator<FiringStep, void> {
    const spans = this.#rules.spansOf(window).flatMap((each) => this.#spans.get(nameOf(each)) ?? []);
    const ended = spans.filter((span) => this.#rules.windowsOf(span.window).at(-1)?.end === window.end);
    yield* firePaged({
      window,
      spans,
      ended,
      isShared: this.#rules.isShared,
      aggregate: this.#spec.aggregate,
      table: this.#table,
      gate: this.#gate,
      time: this.#time,
      context: this.#context,
      emit: ({ key }, value) => {
        this.#results.values.push({ key, window, value });
        this.#results.timestamps.push(window.end - 1);
      },
      failed: (error, row) => this.#failed(error, row, window),
    });
    for (const { space } of ended) this.#sweep.retire(space);
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
    restoreEntry(this.#table, entry, ({ row }) => this.#open(this.#rules.checked(windowOf(row.space.namespace))));
  }

  restored(floors: readonly WatermarkFloor[], isComplete = true): void {
    this.#time.restore(floors);
    this.#gate.pager.isComplete = isComplete;
    this.#isUnread = !isComplete;
  }

  /** Asks the store which spans it has: a restore has left entries there. */
  #readSpans(): Progress {
    return this.#gate.waitFor(
      () => this.#spansInStore(),
      (spans) => {
        for (const window of spans) this.#open(this.#rules.checked(window)).space.hasLeft = true;
        this.#isUnread = false;
        this.#gate.leave();
      },
    );
  }

  async #spansInStore(): Promise<readonly TimeWindow[]> {
    const spans = new Map<string, TimeWindow>();
    const { layout } = this.#table;
    const { first, last } = this.#context.range;
    for (let keyGroup = first; keyGroup <= last; keyGroup++) {
      const place = { keyGroup, slot: ACCUMULATOR };
      let range = windowRange(layout, place);
      for (;;) {
        const entries = await this.#gate.pager.access.slice(range);
        const namespaces = entries.map(({ key }) => decodeEntryKey(key).namespace);
        const namespace = namespaces.at(-1);
        if (namespace === undefined) break;
        for (const window of namespaces.map(windowOf)) spans.set(nameOf(window), window);
        // Past all of that window.
        range = { from: windowRange(layout, { ...place, namespace }).to, to: range.to };
      }
    }
    return [...spans.values()];
  }
}

function nameOf({ start, end }: TimeWindow): string {
  return `${start} ${end}`;
}
