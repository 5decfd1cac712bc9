import type { StateEntry } from "../state/backend.ts";
import type { Slot } from "../state/layout.ts";
import { type KeyedTable, NO_NAMESPACE } from "../state/keyed-table.ts";
import type { Space } from "../state/row.ts";
import type { Batch } from "./batch.ts";
import { cutTable, EventTime, type KeySelector, openTable, restoreEntry } from "./keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, WatermarkFloor } from "./operator.ts";
import { DONE, type Progress } from "./progress.ts";
import { userCodeError } from "./user-code.ts";

/** Combines each record with the result so far of its key, and emits the new result. */
export type Reducer = (accumulated: unknown, value: unknown) => unknown;

/** The running result of each key. */
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

  constructor(id: string, keyOf: KeySelector, reduce: Reducer, context: OperatorContext) {
    this.id = id;
    this.#keyOf = keyOf;
    this.#reduce = reduce;
    this.#context = context;
    this.#table = openTable(id, REDUCE_SLOTS, context);
    this.#space = this.#table.space(NO_NAMESPACE);
  }

  batch(_input: number, batch: Batch): Progress {
    const { values, timestamps } = batch;
    const results = new Array<unknown>(values.length);
    try {
      for (let i = 0; i < values.length; i++) results[i] = this.#add(values[i]);
    } catch (error) {
      throw userCodeError(error, this.id, "reduce");
    }
    return this.#context.output.emit({ values: results, timestamps });
  }

  #add(value: unknown): unknown {
    const table = this.#table;
    const row = table.row(this.#space, this.#keyOf(value));
    const cell = table.cell(row, RESULT);
    table.claim(cell);
    const result = cell.present ? this.#reduce(cell.value, value) : value;
    cell.value = result;
    cell.present = true;
    return result;
  }

  resume(): Progress {
    return DONE;
  }

  watermark(time: number): Progress {
    this.#time.current = time;
    return DONE;
  }

  cut(): OperatorCut {
    return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range));
  }

  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry);
  }

  restored(floors: readonly WatermarkFloor[]): void {
    this.#time.restore(floors);
  }
}
