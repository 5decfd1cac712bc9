import type { StateEntry } from "../../state/backend.ts";
import { groupOf, windowRange } from "../../state/entry-codec.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import { slicesOf } from "../../state/paging/table-pager.ts";
import { KeyMap, type Row } from "../../state/row.ts";
import type { AnyAggregate } from "../../state/aggregate-function.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { EventTime } from "../keyed-state.ts";
import type { OperatorContext } from "../operator.ts";
import { DONE } from "../progress.ts";
import type { StateGate } from "../state-gate.ts";
import { ACCUMULATOR, type Span } from "./window-spans.ts";

/** A window that is due, and what its results are made with. */
export interface PagedFiring {
  readonly window: TimeWindow;
  /** Those of its spans that have accumulators, in the order of time. */
  readonly spans: readonly Span[];
  /** Those of them that no later window needs. */
  readonly ended: readonly Span[];
  /** Whether results are merged of spans. */
  readonly isShared: boolean;
  readonly aggregate: AnyAggregate;
  readonly table: KeyedTable;
  readonly gate: StateGate;
  readonly time: EventTime;
  readonly context: Pick<OperatorContext, "range" | "keyGroups">;
  emit(row: Row, value: unknown): void;
  failed(error: unknown, row: Row): void;
}

/** What came of a step: something was done, or nothing can be before something was loaded. */
export type FiringStep = "done" | "waiting";

/** What a window has come to for a key. */
interface Merged {
  readonly row: Row;
  accumulator: unknown;
  /** Whether it has no result: it had one before a restore, or merging threw. */
  isSkipped: boolean;
}

/** The rows of a span that are made results of now. */
type RowsOf = (span: Span) => Iterable<Row>;

/**
 * Makes the results of a window and empties the spans that end with it. If something of it has left memory, one key group
 * after the other: of a key group all that the window has is in memory at once, and of no other.
 */
export function* firePaged(firing: PagedFiring): Generator<FiringStep, void> {
  const { spans, gate } = firing;
  if (spans.some(({ space }) => space.hasLeft)) {
    yield* fireByGroup(firing);
  } else {
    // What is in memory stays until the window is through.
    gate.stay();
    yield* fireRows(firing, ({ space }) => space.rows());
    gate.leave();
  }
}

function* fireByGroup(firing: PagedFiring): Generator<FiringStep> {
  const { spans, gate } = firing;
  const { first, last } = firing.context.range;
  const inMemory = yield* rowsByGroup(firing);
  for (let keyGroup = first; keyGroup <= last; keyGroup++) {
    const rows = new Map(spans.map((span) => [span, new Set<Row>()]));
    yield* read(firing, keyGroup, rows);
    for (const [span, of] of rows) for (const row of inMemory.get(span)?.get(keyGroup) ?? []) of.add(live(row));
    yield* fireRows(firing, (span) => rows.get(span) as Set<Row>);
    gate.leave();
    // Before the next one comes into memory this one has to be able to leave it.
    yield gate.enter() === DONE ? "done" : "waiting";
  }
}

function* fireRows(firing: PagedFiring, rowsOf: RowsOf): Generator<FiringStep> {
  if (firing.isShared) {
    yield* fireMerged(firing, rowsOf);
    for (const span of firing.ended) yield* empty(firing, rowsOf(span));
  } else {
    for (const span of firing.spans) yield* fireEach(firing, rowsOf(span));
  }
}

/** The rows that memory has of the spans, by their key groups. */
function* rowsByGroup({ spans, context }: PagedFiring): Generator<FiringStep, Map<Span, Map<number, Row[]>>> {
  const all = new Map<Span, Map<number, Row[]>>();
  for (const span of spans) {
    const groups = new Map<number, Row[]>();
    all.set(span, groups);
    for (const row of span.space.rows()) {
      const keyGroup = groupOf(row, context.keyGroups);
      const rows = groups.get(keyGroup);
      if (rows === undefined) groups.set(keyGroup, [row]);
      else rows.push(row);
      yield "done";
    }
  }
  return all;
}

/** A row that has left memory meanwhile is another one when it comes back. */
function live(row: Row): Row {
  return row.space.get(row.key) ?? row;
}

/** Brings into memory what the store alone has of a key group. It stays there, with the rest. */
function* read(
  { spans, gate, table }: PagedFiring,
  keyGroup: number,
  rows: ReadonlyMap<Span, Set<Row>>,
): Generator<FiringStep> {
  const left = spans.filter(({ space }) => space.hasLeft);
  gate.waitFor(
    () => Promise.all(left.map((span) => entriesOf(gate, table, span, keyGroup))),
    (found) => {
      for (const [index, entries] of found.entries()) {
        for (const entry of entries) {
          const cell = table.restore(entry);
          if (cell !== undefined) rows.get(left[index] as Span)?.add(cell.row);
        }
      }
    },
  );
  yield "waiting";
}

async function entriesOf(
  { pager }: StateGate,
  { layout }: KeyedTable,
  { space: { namespace } }: Span,
  keyGroup: number,
): Promise<readonly StateEntry[]> {
  const found: StateEntry[] = [];
  const range = windowRange(layout, { keyGroup, slot: ACCUMULATOR, namespace });
  for await (const entries of slicesOf(pager.access, range)) found.push(...entries);
  return found;
}

/** Makes the results of a window that is one span, and empties it. */
function* fireEach(firing: PagedFiring, rows: Iterable<Row>): Generator<FiringStep> {
  const { table } = firing;
  for (const row of rows) {
    const cell = row.cell(ACCUMULATOR);
    if (cell?.present !== true) continue;
    table.protect(cell);
    makeResult(firing, row, cell.value);
    table.clear(cell);
    yield "done";
  }
}

function* fireMerged(firing: PagedFiring, rowsOf: RowsOf): Generator<FiringStep> {
  const merged = new KeyMap<Merged>();
  for (const span of firing.spans) {
    for (const row of rowsOf(span)) {
      merge(firing, merged, row);
      yield "done";
    }
  }
  for (const { row, accumulator, isSkipped } of merged.values()) {
    if (!isSkipped) makeResult(firing, row, accumulator);
    yield "done";
  }
}

/** Merges a span of a key with those before it. It must not change by that. */
function merge(
  { window, aggregate, table, time, context, failed }: PagedFiring,
  merged: KeyMap<Merged>,
  row: Row,
): void {
  const cell = row.cell(ACCUMULATOR);
  if (cell?.present !== true) return;
  const known = merged.get(row.key);
  // A key that had its result before a restore, which brought event time back, has no other.
  const isFirst = known === undefined;
  const into: Merged = known ?? {
    row,
    accumulator: undefined,
    isSkipped: time.hadReached(window.end - 1, () => groupOf(row, context.keyGroups)),
  };
  if (isFirst) merged.set(row.key, into);
  if (into.isSkipped) return;
  table.protect(cell);
  try {
    into.accumulator = aggregate.merge?.(isFirst ? aggregate.create() : into.accumulator, cell.value);
  } catch (error) {
    into.isSkipped = true;
    failed(error, row);
  }
}

function makeResult({ aggregate, emit, failed }: PagedFiring, row: Row, accumulator: unknown): void {
  try {
    emit(row, aggregate.result(accumulator));
  } catch (error) {
    failed(error, row);
  }
}

function* empty({ table }: PagedFiring, rows: Iterable<Row>): Generator<FiringStep> {
  for (const row of rows) {
    const cell = row.cell(ACCUMULATOR);
    if (cell !== undefined) table.clear(cell);
    yield "done";
  }
}
