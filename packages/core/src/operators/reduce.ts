import type { StateEntry } from "../state/backend.ts";
import type { Slot } from "../state/layout.ts";
import { type KeyedTable, NO_NAMESPACE } from "../state/keyed-table.ts";
import { type Needs, StateMiss } from "../state/paging/state-miss.ts";
import { reduced, type Reducer } from "../state/reducer.ts";
import type { Space } from "../state/row.ts";
import type { Batch } from "./batch.ts";
import { BatchBuffer } from "./batch-buffer.ts";
import { inTurn } from "./callbacks.ts";
import { recordOf } from "./call-subject.ts";
import { DeadLetters } from "./dead-letters.ts";
import { cutTable, EventTime, gateOf, type KeySelector, openPagedTable, restoreEntry, rowsOf } from "./keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "./operator.ts";
import { DONE, PENDING, type Progress } from "./progress.ts";
import type { StateGate } from "./state-gate.ts";
import { userCodeError } from "./user-code.ts";

/** Combines each record with the result so far of its key, and emits the new result. */
export function reduceOperator(id: string, keyOf: KeySelector, reduce: Reducer): OperatorFactory {
  return (context) => new ReduceOperator(id, keyOf, reduce, context);
}

const RESULT = 0;

/** The state of a reduce: the result so far of each key. */
export const REDUCE_SLOTS: readonly Slot[] = [{ name: "result", kind: "value", stateKind: "reducing", version: 0 }];

class ReduceOperator implements Operator {
  readonly id: string;
  readonly #keyOf: KeySelector;
  readonly #reduce: Reducer;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #space: Space;
  readonly #time = new EventTime();
  readonly #gate: StateGate | undefined;
  /** What is emitted where records may be set aside. */
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  #batch: Batch | undefined;
  #results: unknown[] = [];
  #next = 0;
  /** Whether the function has given nothing yet for this batch: what it gives first is looked at. */
  #isUnproved = true;

  readonly reached = (): number | undefined => this.#time.leastOf(this.#context.range);

  constructor(id: string, keyOf: KeySelector, reduce: Reducer, context: OperatorContext) {
    this.id = id;
    this.#keyOf = keyOf;
    this.#reduce = reduce;
    this.#context = context;
    this.#table = openPagedTable(id, REDUCE_SLOTS, context);
    this.#space = this.#table.space(NO_NAMESPACE);
    this.#gate = gateOf(this.#table, context);
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(id, context, this.#buffer);
  }

  batch(_input: number, batch: Batch): Progress {
    this.#batch = batch;
    this.#results = new Array<unknown>(batch.values.length);
    this.#next = 0;
    this.#isUnproved = true;
    return this.resume();
  }

  resume(): Progress {
    const batch = this.#batch;
    if (batch === undefined) return this.#buffer.flush();
    if (this.#gate !== undefined && this.#gate.enter() !== DONE) return PENDING;
    if (this.#letters !== undefined) return this.#resumeAtomically(batch, this.#letters);
    const results = this.#results;
    let next = this.#next;
    try {
      for (const { values } = batch; next < values.length; next++) results[next] = this.#add(values[next]);
    } catch (error) {
      // Nothing of the record has been done yet: its entry is the first thing that it asks for.
      if (!(error instanceof StateMiss) || this.#gate === undefined) {
        throw userCodeError(error, this.id, "reduce", recordOf(batch, next));
      }
      this.#next = next;
      return this.#gate.load(this.#needsOf(batch, next));
    }
    this.#batch = undefined;
    this.#gate?.leave();
    return this.#context.output.emit({ values: results, timestamps: batch.timestamps });
  }

  /** As {@link resume}, where a record that throws leaves nothing behind and the others go on. */
  #resumeAtomically(batch: Batch, letters: DeadLetters): Progress {
    const { journal } = this.#table;
    for (; this.#next < batch.values.length; this.#next++) {
      journal.open();
      try {
        const result = this.#add(batch.values[this.#next]);
        journal.close();
        this.#buffer.emit(result, batch.timestamps[this.#next] as number);
      } catch (error) {
        journal.undo();
        if (error instanceof StateMiss && this.#gate !== undefined) {
          return this.#gate.load(this.#needsOf(batch, this.#next));
        }
        letters.add(error, "reduce", recordOf(batch, this.#next));
      }
    }
    this.#batch = undefined;
    this.#gate?.leave();
    return this.#buffer.flush();
  }

  /** What the records from one on ask for: all of it is loaded at once. */
  #needsOf({ values }: Batch, from: number): Needs {
    const rows = rowsOf(this.#table, this.#space, this.#keyOf, values.slice(from));
    const missing = [...rows].filter((row) => row.cell(RESULT) === undefined);
    return { entries: missing.map((row) => ({ row, slot: RESULT, subkey: undefined })), maps: [] };
  }

  #add(value: unknown): unknown {
    const table = this.#table;
    const row = table.row(this.#space, this.#keyOf(value));
    const cell = table.cell(row, RESULT);
    table.claim(cell);
    const result = cell.present ? reduced(this.#reduce, cell.value, value) : value;
    if (this.#isUnproved && cell.present) {
      inTurn(result);
      this.#isUnproved = false;
    }
    cell.value = result;
    cell.present = true;
    return result;
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    return DONE;
  }

  get isPaged(): boolean {
    return this.#gate !== undefined;
  }

  cut(): OperatorCut {
    return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range));
  }

  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry);
  }

  restored(floors: readonly WatermarkFloor[], isComplete = true): void {
    this.#time.restore(floors);
    if (this.#table.pager !== undefined) this.#table.pager.isComplete = isComplete;
  }
}
