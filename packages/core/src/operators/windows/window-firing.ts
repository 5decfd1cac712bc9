import type { AnyAggregate } from "../../state/aggregate-function.ts";
import { groupOf } from "../../state/entry-codec.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import { KeyMap, type Row } from "../../state/row.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { mergeInto } from "../../state/aggregate-calls.ts";
import { resultOf } from "../aggregates/accumulate.ts";
import type { BatchBuffer } from "../batch-buffer.ts";
import type { EventTime } from "../keyed-state.ts";
import type { OperatorContext } from "../operator.ts";
import type { FiredSpans, FiringPause, RowsOf } from "./fired-spans.ts";
import { ACCUMULATOR, type Span } from "./window-spans.ts";

/** What results are made with. */
export interface FiringTools {
  readonly aggregate: AnyAggregate;
  /** Whether results are merged of spans. */
  readonly isShared: boolean;
  readonly table: KeyedTable;
  readonly time: EventTime;
  readonly buffer: BatchBuffer;
  readonly context: Pick<OperatorContext, "range" | "keyGroups" | "slice">;
  failed(error: unknown, row: Row, window: TimeWindow): void;
}

/** Of a span of at most so many rows all are noted at once, which is cheaper than to walk through them. */
const NOTED_MAX = 16_384;

/** All rows that memory has of a span. They may lose their entries meanwhile. */
export function residentRows({ space }: Span): Iterable<Row> {
  if (space.size > NOTED_MAX) return space.rows();
  const rows: Row[] = [];
  space.valuesInto(rows);
  return rows;
}

/** What a window has come to for a key. */
interface Merged {
  readonly row: Row;
  accumulator: unknown;
  /** Whether it has no result: it had one before a restore, or merging threw. */
  isSkipped: boolean;
}

/** A window that is being fired: its results are made, and the spans that end with it are emptied. */
export class WindowFiring implements FiredSpans {
  /** Those of its spans that have accumulators, in the order of time. */
  readonly spans: readonly Span[];
  /** Those of them that no later window needs. */
  readonly ended: readonly Span[];
  readonly #window: TimeWindow;
  readonly #tools: FiringTools;

  constructor(window: TimeWindow, spans: readonly Span[], ended: readonly Span[], tools: FiringTools) {
    this.#window = window;
    this.spans = spans;
    this.ended = ended;
    this.#tools = tools;
  }

  /** To be called for each piece of work: whether it was the last one for now. */
  isSpent(): boolean {
    const { context, buffer } = this.#tools;
    return --context.slice.remaining <= 0 || buffer.isFull;
  }

  /** Makes the results of some of its rows, all those of a key at once, and empties them. */
  *fireRows(rowsOf: RowsOf): Generator<FiringPause, void> {
    if (this.#tools.isShared) {
      yield* this.#fireMerged(rowsOf);
      for (const span of this.ended) yield* this.#empty(rowsOf(span));
    } else {
      for (const span of this.spans) yield* this.#fireEach(rowsOf(span));
    }
  }

  /** Of a window that is one span. */
  *#fireEach(rows: Iterable<Row>): Generator<FiringPause, void> {
    const { table } = this.#tools;
    for (const row of rows) {
      const cell = row.cell(ACCUMULATOR);
      if (cell?.present === true) {
        table.protect(cell);
        this.#emit(row, cell.value);
        table.clear(cell);
      }
      if (this.isSpent()) yield "spent";
    }
  }

  *#fireMerged(rowsOf: RowsOf): Generator<FiringPause, void> {
    const byKey = new KeyMap<Merged>();
    const merged: Merged[] = [];
    for (const span of this.spans) {
      for (const row of rowsOf(span)) {
        this.#merge(byKey, merged, row);
        if (this.isSpent()) yield "spent";
      }
    }
    for (const { row, accumulator, isSkipped } of merged) {
      if (!isSkipped) this.#emit(row, accumulator);
      if (this.isSpent()) yield "spent";
    }
  }

  /** Merges a span of a key with those before it. It must not change by that. */
  #merge(byKey: KeyMap<Merged>, merged: Merged[], row: Row): void {
    const { aggregate, table } = this.#tools;
    const cell = row.cell(ACCUMULATOR);
    if (cell?.present !== true) return;
    let into = byKey.get(row.key);
    const isFirst = into === undefined;
    if (into === undefined) {
      into = { row, accumulator: undefined, isSkipped: this.#wasFired(row) };
      byKey.set(row.key, into);
      merged.push(into);
    }
    if (into.isSkipped) return;
    table.protect(cell);
    try {
      into.accumulator = mergeInto(aggregate, isFirst ? aggregate.create() : into.accumulator, cell.value);
    } catch (error) {
      into.isSkipped = true;
      this.#tools.failed(error, row, this.#window);
    }
  }

  /** Whether a key had its result before a restore, which has brought event time back. */
  #wasFired(row: Row): boolean {
    const { time, context } = this.#tools;
    return time.hadReached(this.#window.end - 1, () => groupOf(row, context.keyGroups));
  }

  #emit(row: Row, accumulator: unknown): void {
    const { aggregate, buffer, failed } = this.#tools;
    const window = this.#window;
    try {
      buffer.emit({ key: row.key, window, value: resultOf(aggregate, accumulator) }, window.end - 1);
    } catch (error) {
      failed(error, row, window);
    }
  }

  *#empty(rows: Iterable<Row>): Generator<FiringPause, void> {
    const { table } = this.#tools;
    for (const row of rows) {
      const cell = row.cell(ACCUMULATOR);
      if (cell !== undefined) table.clear(cell);
      if (this.isSpent()) yield "spent";
    }
  }
}
