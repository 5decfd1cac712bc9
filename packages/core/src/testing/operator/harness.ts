import type { Env } from "../../env/env.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, Output } from "../../operators/operator.ts";
import { AGAIN, DONE, FULL, PENDING, type Progress } from "../../operators/progress.ts";
import { decodeEntryKey, isTimerState } from "../../state/entry-codec.ts";
import { gatherParts } from "../../state/operator-state/stored.ts";
import { compareBytes, toHex } from "../../bytes/compare.ts";
import { NO_TIMESTAMP } from "../../time/timestamps.ts";
import { expect } from "../state-backend/expect.ts";
import { batchOf, type Call, type Outcome, type Timed } from "./calls.ts";
import { atOnce, type Driving } from "./driving.ts";
import type { OperatorHarnessOptions, Saved, StoredEntries } from "./harness-options.ts";

const KEY_GROUPS = 128;
const SLICE = 4096;

/** An operator, driven by its contract: what the contract forbids fails the test. */
export class OperatorHarness {
  /** The instance that is driven. */
  readonly operator: Operator;
  /** Makes instances. */
  readonly factory: OperatorFactory;
  /** How it is run. */
  readonly options: OperatorHarnessOptions;
  /** How often `resume` had to be called. */
  resumes = 0;
  /** How many batches came out of all outputs. */
  batches = 0;
  readonly #main: Timed[] = [];
  readonly #sides = new Map<string, Timed[]>();
  readonly #slice = { remaining: SLICE };
  readonly #ended: (() => void)[] = [];
  /** What the store holds: outlives the instance. */
  readonly #entries: StoredEntries;
  #fullOutputs = new Set<string>();
  #droppedLate = 0;
  #requests = 0;
  #released = NO_TIMESTAMP;
  readonly #behind: number[] = [];

  /**
   * Makes the operator of one subtask, and restores it.
   *
   * @param saved the checkpoint to begin from. Default: with nothing.
   */
  constructor(factory: OperatorFactory, options: OperatorHarnessOptions = {}, saved?: Saved) {
    this.factory = factory;
    this.options = options;
    this.#entries = new Map(saved?.entries);
    this.operator = factory(this.#context());
    if (saved === undefined) return;
    const inOrder = [...saved.entries].sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [, entry] of inOrder) this.operator.restoreEntry?.(entry);
    const { operatorStates } = saved.snapshot;
    if (operatorStates !== undefined) {
      const kept = [{ subtask: 0, states: operatorStates }];
      this.operator.restoreOperatorState?.(gatherParts(this.operator.id, 1, kept));
    }
    this.operator.restored?.(saved.snapshot.watermarks ?? []);
  }

  /** What came out so far. */
  get outcome(): Outcome {
    return {
      main: this.#main,
      sides: Object.fromEntries(this.#sides),
      droppedLate: this.#droppedLate,
      behind: this.operator.release === undefined ? [] : this.#behind,
    };
  }

  /** The values that came out of the main output. */
  get values(): readonly unknown[] {
    return this.#main.map(([value]) => value);
  }

  /** Tells the operator of something, and goes on until it is done. */
  call(call: Call): void {
    atOnce(this.calling(call));
  }

  /** As {@link call}, for an operator that may wait for requests. */
  calling(call: Call): Driving<void> {
    return this.#driving(() => this.begin(call));
  }

  /** As {@link call}, with a barrier that waits behind it: no request is waited for. */
  callBeforeBarrier(call: Call): void {
    this.operator.overdraw?.(true);
    this.call(call);
    this.operator.overdraw?.(false);
  }

  /** Goes on until nothing is kept back any more. */
  *draining(): Driving<void> {
    while (this.operator.isDrained === false) {
      yield this;
      yield* this.#driving(() => this.resume());
    }
  }

  /** The first call of the operator for something, without going on with what is left. */
  begin(call: Call): Progress {
    this.#slice.remaining = this.options.slice ?? SLICE;
    switch (call.kind) {
      case "batch":
        return this.operator.batch(call.input ?? 0, batchOf(call.records));
      case "watermark":
        return this.operator.watermark?.(call.time) ?? DONE;
      case "tick":
        return this.operator.tick?.(call.now) ?? DONE;
    }
  }

  /** Makes room and goes on once with what was left. */
  resume(): Progress {
    this.#fullOutputs = new Set();
    this.#slice.remaining = this.options.slice ?? SLICE;
    this.resumes++;
    return this.operator.resume();
  }

  /** Calls the operator and resumes it until all is done. */
  drive(first: () => Progress): void {
    atOnce(this.#driving(first));
  }

  /**
   * As {@link calling}, up to a place where a barrier may come between two timers of what is called for, if there is one after it has been
   * resumed so often.
   *
   * @returns whether it was left there: then it is to be saved and restored.
   */
  *callingInto(call: Call, resumes: number): Driving<boolean> {
    const last = this.resumes + resumes;
    let isLeft = false;
    const isEnough = (): boolean => (isLeft = this.resumes >= last && this.operator.isFiring === true);
    yield* this.#driving(() => this.begin(call), isEnough);
    return isLeft;
  }

  /** Passes the watermark through again that was not through when the checkpoint was taken, as its stage would. */
  *puttingBack(): Driving<void> {
    const time = this.operator.reached?.();
    if (time !== undefined) yield* this.calling({ kind: "watermark", time });
  }

  *#driving(first: () => Progress, isEnough: () => boolean = () => false): Driving<void> {
    for (let progress = first(); ; progress = this.resume()) {
      const released = this.operator.release?.();
      if (released !== undefined) {
        expect(released >= this.#released, "a watermark went back");
        this.#released = released;
        continue;
      }
      if (progress === DONE) break;
      if (isEnough()) return;
      if (progress === PENDING) yield this;
      else expect(progress === AGAIN || this.#fullOutputs.size > 0, "an operator says FULL though no output was");
    }
    // What it reads in the background has an end too, and leads to no work of its own.
    while (this.options.paging !== undefined && this.#requests > 0) yield this;
    // DONE is said once for all: a further resume has nothing to do.
    const before = this.batches;
    expect(this.resume() === DONE, "a further resume after DONE says otherwise");
    expect(this.batches === before, "work came after DONE");
    this.resumes--;
  }

  /** Gives it records of the first input. */
  batch(...records: readonly Timed[]): void {
    this.call({ kind: "batch", records });
  }

  /** Tells it that event time has come to `time`, in milliseconds since the epoch. */
  watermark(time: number): void {
    this.call({ kind: "watermark", time });
  }

  /** Tells it that processing time has come to `now`, in milliseconds since the epoch. */
  tick(now: number): void {
    this.call({ kind: "tick", now });
  }

  /** Freezes the operator. */
  cut(checkpointId = 1): OperatorCut {
    const cut = this.operator.cut?.(checkpointId);
    return cut ?? { snapshot: () => ({ operatorId: this.operator.id }) };
  }

  /** Writes what was frozen, in slices, and returns all that a restore would find. */
  write(cut: OperatorCut): Saved {
    for (;;) {
      const part = cut.table?.next(3) ?? "done";
      if (part === "done") break;
      if (part === "more") continue;
      for (const { from, to } of part.rangeDeletes) this.#deleteRange(from, to);
      for (const entry of part.puts) {
        expect(decodeEntryKey(entry.key).operatorId === this.operator.id, "an entry is under another operator's id");
        this.#entries.set(toHex(entry.key), entry);
      }
      for (const key of part.deletes) {
        const isStored = this.#entries.delete(toHex(key));
        expect(isStored || this.#isUnseen(key), "a tombstone for what was never stored");
      }
    }
    cut.table?.settle();
    const snapshot = cut.snapshot();
    expect(snapshot !== undefined, "a snapshot waits for a request: use settle");
    return { entries: new Map(this.#entries), snapshot };
  }

  #deleteRange(from: Uint8Array, to: Uint8Array): void {
    for (const [name, { key }] of this.#entries) {
      if (compareBytes(key, from) >= 0 && compareBytes(key, to) < 0) this.#entries.delete(name);
    }
  }

  /** Timers that may have left memory are set and taken back without looking for them. */
  #isUnseen(key: Uint8Array): boolean {
    return this.options.paging !== undefined && isTimerState(decodeEntryKey(key).state);
  }

  /** Takes a checkpoint, and returns all that a restore would find. */
  save(checkpointId = 1): Saved {
    return this.write(this.cut(checkpointId));
  }

  /** Another instance, from a checkpoint. */
  restored(saved: Saved = this.save(), options: OperatorHarnessOptions = this.options): OperatorHarness {
    return new OperatorHarness(this.factory, options, saved);
  }

  /** Waits for the requests that are under way and tells the operator of their ends. */
  async settle(): Promise<void> {
    while (this.#requests > 0) {
      await Promise.resolve();
      this.takeEnded();
    }
  }

  /** Waits until a request has ended, and tells the operator. */
  async oneEnded(): Promise<void> {
    expect(this.#requests > 0, "an operator waits for a request, but none is under way");
    while (this.#ended.length === 0) await this.options.env?.turn();
    this.takeEnded();
  }

  /** Tells the operator of the ends of those requests that have ended by now. */
  takeEnded(): void {
    for (const completed of this.#ended.splice(0)) {
      this.#requests--;
      completed();
    }
  }

  #context(): OperatorContext {
    const { range, keyGroups = KEY_GROUPS } = this.options;
    return {
      env: this.options.env ?? envOf(this.options.now),
      job: "job",
      subtask: 0,
      parallelism: 1,
      generation: 1,
      keyGroups,
      range: range ?? { first: 0, last: keyGroups - 1 },
      slice: this.#slice,
      paging: this.options.paging?.(this.#entries),
      requests: {
        start: (run, completed) => {
          this.#requests++;
          run().then(
            (result) => this.#ended.push(() => completed(result)),
            (error: unknown) =>
              this.#ended.push(() => {
                throw error;
              }),
          );
        },
      },
      output: this.#output("", this.#main),
      deadLetters: this.options.deadLetters,
      droppedLate: (records) => {
        this.#droppedLate += records;
      },
      // The letters themselves come out of their output.
      deadLettered: () => undefined,
      sideOutput: (name) => {
        const taken = this.#sides.get(name) ?? [];
        this.#sides.set(name, taken);
        return this.#output(name, taken);
      },
    };
  }

  #output(name: string, taken: Timed[]): Output {
    return {
      emit: (batch) => {
        expect(!this.#fullOutputs.has(name), "a batch came though the output was full");
        expect(batch.values.length === batch.timestamps.length, "a batch has not one timestamp for each value");
        expect(batch.values.length > 0, "an empty batch came");
        this.batches++;
        batch.values.forEach((value, index) => taken.push([value, batch.timestamps[index] as number]));
        if (name === "") for (const _ of batch.values) this.#behind.push(this.#released);
        if (this.options.full !== true || this.batches % 2 === 0) return DONE;
        this.#fullOutputs.add(name);
        return FULL;
      },
    };
  }
}

function envOf(now: (() => number) | undefined): Env {
  const forbidden = (): never => {
    throw new Error("an operator has no business with this part of env");
  };
  return {
    now: now ?? forbidden,
    monotonic: forbidden,
    random: forbidden,
    schedule: forbidden,
    turn: forbidden,
    log: forbidden,
    point: forbidden,
  };
}
