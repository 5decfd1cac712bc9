import type { StateEntry } from "../../state/backend.ts";
import { keyGroupOf } from "../../state/key-groups.ts";
import { type KeyedTable, NO_NAMESPACE } from "../../state/keyed-table.ts";
import type { Slot } from "../../state/layout.ts";
import type { Cell, Space } from "../../state/row.ts";
import type { Batch } from "../batch.ts";
import { BatchBuffer } from "../batch-buffer.ts";
import { recordOf } from "../call-subject.ts";
import { cutTable, type KeySelector, openTable, restoreEntry } from "../keyed-state.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory } from "../operator.ts";
import { DeadLetters } from "../dead-letters.ts";
import { DONE, furthest, PENDING, type Progress } from "../progress.ts";
import { userCodeError } from "../user-code.ts";
import { AsyncCall, CALL } from "./async-call.ts";
import type { AsyncSettings } from "./async-settings.ts";
import { copyInput, type Input } from "./input-copy.ts";
import { AsCompleted, InOrder, type ResultOrder } from "./result-order.ts";
import { lastly } from "../../lastly.ts";

/**
 * The records whose results have not gone on, by the order in which they came. Those of a keyed stream lie under their key,
 * the others under their number, which is chosen so that it belongs to the subtask: so a rescale deals out both.
 */
export const ASYNC_SLOTS: readonly Slot[] = [{ name: "inputs", kind: "map", version: 0 }];
const INPUTS = 0;

/** How many records beyond those it has room for a step takes into its state, so that a barrier need not wait for calls. */
const OVERDRAFT_RECORDS = 4096;

/** What messages and dead letters call the function that gives keys. */
const KEY_SELECTOR = "the key selector";

/** Calls an asynchronous function for each record. @param keyOf `undefined`: the stream has no keys. */
export function asyncMapOperator(id: string, keyOf: KeySelector | undefined, settings: AsyncSettings): OperatorFactory {
  return (context) => new AsyncMapOperator(id, keyOf, settings, context);
}

/** A record whose result has not gone on. */
interface InFlight {
  readonly cell: Cell;
  readonly timestamp: number;
  isDone: boolean;
  result: unknown;
  /** Why there is no result, where that does not fail the job. */
  failure: Failure | undefined;
}

/** What a call ended with instead of a result. */
interface Failure {
  readonly error: unknown;
}

class AsyncMapOperator implements Operator {
  readonly id: string;
  readonly #keyOf: KeySelector | undefined;
  readonly #settings: AsyncSettings;
  readonly #context: OperatorContext;
  readonly #table: KeyedTable;
  readonly #space: Space;
  readonly #order: ResultOrder<InFlight>;
  readonly #buffer: BatchBuffer;
  readonly #deadLetters: DeadLetters | undefined;
  readonly #calls = new Set<AsyncCall>();
  #restored: Cell[] = [];
  /** Records whose calls could not begin yet: of a restored checkpoint, or because a barrier came behind them. */
  #waiting: InFlight[] = [];
  #overdraws = false;
  #batch: Batch | undefined;
  #next = 0;
  #sequence = 0;
  /** Calls that have begun and whose results have not gone on. */
  #begun = 0;
  /** A watermark that comes next, as soon as the outputs have taken what stands before it. */
  #passing: number | undefined;
  #released: number | undefined;

  constructor(id: string, keyOf: KeySelector | undefined, settings: AsyncSettings, context: OperatorContext) {
    this.id = id;
    this.#keyOf = keyOf;
    this.#settings = settings;
    this.#context = context;
    this.#table = openTable(id, ASYNC_SLOTS, context);
    this.#space = this.#table.space(NO_NAMESPACE);
    this.#order = settings.isOrdered ? new InOrder() : new AsCompleted();
    this.#buffer = new BatchBuffer(context);
    this.#deadLetters = DeadLetters.of(id, context, this.#buffer);
  }

  batch(_input: number, batch: Batch): Progress {
    this.#batch = batch.values.length === 0 ? undefined : batch;
    this.#next = 0;
    return this.resume();
  }

  resume(): Progress {
    if (this.#released !== undefined) return PENDING;
    const progress = this.#emit();
    if (progress !== DONE) return progress;
    if (this.#passing !== undefined) {
      this.#released = this.#passing;
      this.#passing = undefined;
      return PENDING;
    }
    this.#begin();
    if (this.#overdraws) this.#putOff();
    return furthest(this.#buffer.flush(), this.#batch === undefined ? DONE : PENDING);
  }

  /** Hands on the results that may go, up to the next watermark. */
  #emit(): Progress {
    while (this.#passing === undefined) {
      const leaving = this.#order.next();
      if (leaving === undefined) break;
      if (leaving.kind === "watermark") {
        this.#passing = leaving.time;
        break;
      }
      this.#handOn(leaving.entry);
      this.#table.clear(leaving.entry.cell);
      this.#begun--;
    }
    return this.#buffer.flush();
  }

  #handOn({ cell, timestamp, result, failure }: InFlight): void {
    if (failure === undefined) {
      this.#buffer.emit(result, timestamp);
      return;
    }
    const { value } = cell.value as Input;
    this.#deadLetters?.add(failure.error, CALL, { kind: "record", record: value, timestamp });
  }

  /** Begins calls as long as there is room for them: those that wait first. */
  #begin(): void {
    while (this.#begun < this.#settings.capacity) {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) this.#call(waiting);
      else if (this.#batch === undefined) return;
      else this.#admit(this.#batch, (entry, value) => this.#call(entry, value));
    }
  }

  /** Takes what is left of the batch without calling for it. */
  #putOff(): void {
    while (this.#batch !== undefined && this.#waiting.length < OVERDRAFT_RECORDS) {
      this.#admit(this.#batch, (entry) => this.#waiting.push(entry));
    }
  }

  /** Takes the next record of the batch. */
  #admit(batch: Batch, admitted: (entry: InFlight, value: unknown) => void): void {
    const index = this.#next++;
    if (this.#next >= batch.values.length) this.#batch = undefined;
    const value = batch.values[index];
    let entry: InFlight;
    try {
      entry = this.#keep(value, batch.timestamps[index] as number);
    } catch (error) {
      const failure = userCodeError(error, this.id, KEY_SELECTOR, recordOf(batch, index));
      if (this.#deadLetters === undefined) throw failure;
      this.#deadLetters.add(failure, KEY_SELECTOR, recordOf(batch, index));
      return;
    }
    this.#order.add(entry);
    admitted(entry, value);
  }

  /** Makes a record part of the next checkpoint: a copy, for the function may change what it is given. */
  #keep(value: unknown, timestamp: number): InFlight {
    const kept = copyInput(this.id, value, timestamp);
    const sequence = this.#nextSequence();
    const row = this.#table.row(this.#space, this.#keyOf === undefined ? sequence : this.#keyOf(value));
    const cell = this.#table.newMapCell(row, INPUTS, sequence);
    this.#table.claim(cell);
    cell.value = kept;
    cell.present = true;
    return { cell, timestamp, isDone: false, result: undefined, failure: undefined };
  }

  #nextSequence(): number {
    this.#sequence++;
    if (this.#keyOf === undefined) while (!this.#isOwn(this.#sequence)) this.#sequence++;
    return this.#sequence;
  }

  #isOwn(sequence: number): boolean {
    const { range, keyGroups } = this.#context;
    const group = keyGroupOf(sequence, keyGroups);
    return group >= range.first && group <= range.last;
  }

  /** @param fresh the record itself, for the first try, if it is still at hand. */
  #call(entry: InFlight, ...fresh: readonly unknown[]): void {
    this.#begun++;
    const given = [...fresh];
    const input = (): unknown =>
      given.length > 0 ? given.pop() : copyInput(this.id, (entry.cell.value as Input).value, entry.timestamp).value;
    const { env, requests } = this.#context;
    requests.start(
      () => {
        const { timestamp } = entry;
        const call = new AsyncCall({ env, operatorId: this.id, settings: this.#settings, input, timestamp });
        this.#calls.add(call);
        return lastly(this.#endOf(call), () => this.#calls.delete(call));
      },
      ({ result, failure }) => {
        entry.isDone = true;
        entry.result = result;
        entry.failure = failure;
        this.#order.done(entry);
      },
    );
  }

  /** A call without a result fails the job, unless the step sets such records aside. */
  #endOf(call: AsyncCall): Promise<Pick<InFlight, "result" | "failure">> {
    const ended = call.result.then((result) => ({ result, failure: undefined }));
    if (this.#deadLetters === undefined) return ended;
    return ended.catch((error: unknown) => ({ result: undefined, failure: { error } }));
  }

  watermark(time: number): Progress {
    this.#order.watermark(time);
    return this.resume();
  }

  release(): number | undefined {
    const released = this.#released;
    this.#released = undefined;
    return released;
  }

  overdraw(allowed: boolean): void {
    this.#overdraws = allowed;
  }

  get isDrained(): boolean {
    return (
      this.#order.isEmpty && this.#batch === undefined && this.#passing === undefined && this.#released === undefined
    );
  }

  cut(): OperatorCut {
    return cutTable(this.id, this.#table, []);
  }

  restoreEntry(entry: StateEntry): void {
    restoreEntry(this.#table, entry, (cell) => this.#restored.push(cell));
  }

  /** Begins the calls again that were under way. */
  restored(): void {
    const cells = this.#restored.toSorted((one, other) => (one.subkey as number) - (other.subkey as number));
    this.#restored = [];
    this.#sequence = Math.max(this.#sequence, (cells.at(-1)?.subkey as number | undefined) ?? 0);
    this.#waiting = cells.map((cell) => ({
      cell,
      timestamp: (cell.value as Input).timestamp,
      isDone: false,
      result: undefined,
      failure: undefined,
    }));
    for (const entry of this.#waiting) this.#order.add(entry);
    this.#begin();
  }

  close(): Promise<void> {
    for (const call of this.#calls) call.cancel();
    this.#calls.clear();
    return Promise.resolve();
  }
}
