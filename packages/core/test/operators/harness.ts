import assert from "node:assert/strict";
import type { Env } from "../../src/env/env.ts";
import { type Batch, BATCH_RECORDS } from "../../src/operators/batch.ts";
import type {
  Operator,
  OperatorContext,
  OperatorCut,
  OperatorFactory,
  OperatorSnapshot,
  Output,
} from "../../src/operators/operator.ts";
import { AGAIN, DONE, FULL, PENDING, type Progress } from "../../src/operators/progress.ts";
import { decodeEntryKey } from "../../src/state/entry-codec.ts";
import type { KeyGroupRange } from "../../src/state/key-groups.ts";
import { NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { hexOf } from "../checkpoint/hex.ts";

/** A value with its time. */
export type Timed = readonly [value: unknown, timestamp: number];

/** One thing that a host tells an operator. */
export type Call =
  | { readonly kind: "batch"; readonly records: readonly Timed[] }
  | { readonly kind: "watermark"; readonly time: number }
  | { readonly kind: "tick"; readonly now: number };

/** What came out, in order, of the main output and of each side output by name. */
export interface Outcome {
  readonly main: readonly Timed[];
  readonly sides: Readonly<Record<string, readonly Timed[]>>;
  readonly droppedLate: number;
}

/** What a checkpoint keeps of an operator: its entries by key, and the rest. */
export interface Saved {
  readonly entries: ReadonlyMap<string, { readonly key: Uint8Array; readonly value: Uint8Array }>;
  readonly snapshot: OperatorSnapshot;
}

/** How a {@link Harness} runs an operator. */
export interface HarnessOptions {
  /** Whether every other batch that comes out finds an output full. */
  readonly full?: boolean;
  readonly range?: KeyGroupRange;
  readonly keyGroups?: number;
  /** How much work an operator may do before it has to say AGAIN. */
  readonly slice?: number;
  /** What `env.now` says. */
  readonly now?: () => number;
  /** Whether a restore may change the order of what comes out at one time, as that of keys in a window. */
  readonly reorders?: boolean;
}

const KEY_GROUPS = 128;
const SLICE = 4096;

/** An operator, driven by its contract: what the contract forbids fails the test. */
export class Harness {
  readonly operator: Operator;
  readonly factory: OperatorFactory;
  readonly options: HarnessOptions;
  /** How often `resume` had to be called. */
  resumes = 0;
  /** How many batches came out of all outputs. */
  batches = 0;
  readonly #main: Timed[] = [];
  readonly #sides = new Map<string, Timed[]>();
  readonly #slice = { remaining: SLICE };
  readonly #ended: (() => void)[] = [];
  /** What the store holds: outlives the instance. */
  readonly #entries: Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>;
  #fullOutputs = new Set<string>();
  #droppedLate = 0;
  #requests = 0;

  constructor(factory: OperatorFactory, options: HarnessOptions = {}, saved?: Saved) {
    this.factory = factory;
    this.options = options;
    this.#entries = new Map(saved?.entries);
    this.operator = factory(this.#context());
    if (saved === undefined) return;
    const inOrder = [...saved.entries].sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [, entry] of inOrder) this.operator.restoreEntry?.(entry);
    this.operator.restored?.(saved.snapshot.watermarks ?? []);
  }

  get outcome(): Outcome {
    return { main: this.#main, sides: Object.fromEntries(this.#sides), droppedLate: this.#droppedLate };
  }

  /** The values that came out of the main output. */
  get values(): readonly unknown[] {
    return this.#main.map(([value]) => value);
  }

  call(call: Call): void {
    this.drive(() => this.begin(call));
  }

  /** The first call of the operator for something, without going on with what is left. */
  begin(call: Call): Progress {
    this.#slice.remaining = this.options.slice ?? SLICE;
    switch (call.kind) {
      case "batch":
        return this.operator.batch(0, batchOf(call.records));
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
    for (let progress = first(); progress !== DONE; progress = this.resume()) {
      assert.notEqual(progress, PENDING, "an operator waits for a request: use settle");
      assert.ok(progress === AGAIN || this.#fullOutputs.size > 0, "FULL though no output was");
    }
    // DONE is said once for all: a further resume has nothing to do.
    const before = this.batches;
    assert.equal(this.resume(), DONE);
    assert.equal(this.batches, before, "work came after DONE");
    this.resumes--;
  }

  batch(...records: readonly Timed[]): void {
    this.call({ kind: "batch", records });
  }

  watermark(time: number): void {
    this.call({ kind: "watermark", time });
  }

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
      for (const entry of part.puts) {
        assert.equal(decodeEntryKey(entry.key).operatorId, this.operator.id);
        this.#entries.set(hexOf(entry.key), entry);
      }
      for (const key of part.deletes) {
        assert.ok(this.#entries.delete(hexOf(key)), "a tombstone for what was never stored");
      }
    }
    const snapshot = cut.snapshot();
    assert.ok(snapshot !== undefined, "a snapshot waits for a request: use settle");
    return { entries: new Map(this.#entries), snapshot };
  }

  save(checkpointId = 1): Saved {
    return this.write(this.cut(checkpointId));
  }

  /** Another instance, from a checkpoint. */
  restored(saved: Saved = this.save(), options: HarnessOptions = this.options): Harness {
    return new Harness(this.factory, options, saved);
  }

  /** Waits for the requests that are under way and tells the operator of their ends. */
  async settle(): Promise<void> {
    while (this.#requests > 0) {
      await Promise.resolve();
      for (const completed of this.#ended.splice(0)) {
        this.#requests--;
        completed();
      }
    }
  }

  #context(): OperatorContext {
    const { range, keyGroups = KEY_GROUPS } = this.options;
    return {
      env: envOf(this.options.now),
      job: "job",
      subtask: 0,
      parallelism: 1,
      generation: 1,
      keyGroups,
      range: range ?? { first: 0, last: keyGroups - 1 },
      slice: this.#slice,
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
      droppedLate: (records) => {
        this.#droppedLate += records;
      },
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
        assert.ok(!this.#fullOutputs.has(name), "a batch came though the output was full");
        assert.equal(batch.values.length, batch.timestamps.length);
        assert.ok(batch.values.length > 0, "an empty batch");
        this.batches++;
        batch.values.forEach((value, index) => taken.push([value, batch.timestamps[index] as number]));
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

/** Records as a batch. */
export function batchOf(records: readonly Timed[]): Batch {
  return { values: records.map(([value]) => value), timestamps: records.map(([, timestamp]) => timestamp) };
}

/** Records in batches of a size. */
export function inBatches(records: readonly Timed[], size: number): readonly Call[] {
  const calls: Call[] = [];
  for (let at = 0; at < records.length; at += size) {
    calls.push({ kind: "batch", records: records.slice(at, at + size) });
  }
  return calls;
}

function add(one: Outcome, other: Outcome): Outcome {
  const sides: Record<string, readonly Timed[]> = { ...one.sides };
  for (const [name, records] of Object.entries(other.sides)) sides[name] = [...(sides[name] ?? []), ...records];
  return { main: [...one.main, ...other.main], sides, droppedLate: one.droppedLate + other.droppedLate };
}

function shown(outcome: Outcome, { reorders }: HarnessOptions): Outcome {
  if (reorders !== true) return outcome;
  return {
    ...outcome,
    main: outcome.main.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
  };
}

/** What comes out of a run without failures. */
export function run(factory: OperatorFactory, calls: readonly Call[], options: HarnessOptions = {}): Outcome {
  const harness = new Harness(factory, options);
  for (const call of calls) harness.call(call);
  return harness.outcome;
}

/**
 * Drives an operator through all that its contract allows, and expects the same to come out every time: outputs that are
 * full every other time, a slice of one piece of work, a checkpoint and a new instance after each call, and one restored from
 * each checkpoint that was written while the operator went on.
 */
export function verifyOperator(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: HarnessOptions = {},
): Outcome {
  const expected = run(factory, calls, options);
  assert.deepEqual(run(factory, calls, { ...options, full: true }), expected, "with full outputs");
  assert.deepEqual(run(factory, calls, { ...options, slice: 1 }), expected, "with slices of one");
  assert.deepEqual(run(factory, calls, { ...options, slice: 2, full: true }), expected, "with both");
  assert.deepEqual(
    shown(restarted(factory, calls, options), options),
    shown(expected, options),
    "restored after each call",
  );
  resumeFromEach(factory, calls, options, expected);
  return expected;
}

/** Takes a checkpoint after each call and goes on with a new instance, which hears the event time again, as from a source. */
function restarted(factory: OperatorFactory, calls: readonly Call[], options: HarnessOptions): Outcome {
  let harness = new Harness(factory, options);
  let outcome: Outcome = { main: [], sides: {}, droppedLate: 0 };
  let reached = NO_TIMESTAMP;
  for (const call of calls) {
    harness.call(call);
    if (call.kind === "watermark") reached = call.time;
    outcome = add(outcome, harness.outcome);
    harness = harness.restored();
    if (reached > NO_TIMESTAMP) harness.watermark(reached);
  }
  return add(outcome, harness.outcome);
}

/** Freezes before each call and writes after it, as records flow on; then checks that each checkpoint leads to the same end. */
function resumeFromEach(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: HarnessOptions,
  expected: Outcome,
): void {
  const harness = new Harness(factory, options);
  let reached = NO_TIMESTAMP;
  calls.forEach((call, index) => {
    const before = harness.outcome.main.length;
    const cut = harness.cut(index + 1);
    harness.call(call);
    const again = harness.restored(harness.write(cut));
    if (reached > NO_TIMESTAMP) again.watermark(reached);
    for (const later of calls.slice(index)) again.call(later);
    const rest = { ...expected, main: expected.main.slice(before) };
    assert.deepEqual(shown(again.outcome, options).main, shown(rest, options).main, `resumed before call ${index}`);
    if (call.kind === "watermark") reached = call.time;
  });
}

/** More than one batch between subtasks holds. */
export const MANY: number = 3 * BATCH_RECORDS + 7;
