import type { OperatorFactory } from "../../operators/operator.ts";
import { NO_TIMESTAMP } from "../../time/timestamps.ts";
import { expectSame } from "../state-backend/expect.ts";
import type { Call, Outcome, Timed } from "./calls.ts";
import { atOnce, type Driving, whenEnded } from "./driving.ts";
import { OperatorHarness } from "./harness.ts";
import type { OperatorHarnessOptions } from "./harness-options.ts";
import { expectOutcome, textOf } from "./same.ts";

/** Up to how many records a checkpoint is taken after each one of them, and not only after each batch. */
const SINGLE_STEPS_MAX = 200;

/** After so many slices of one piece of work a checkpoint comes between two timers of a watermark. */
const INTERRUPTED_AFTER = [0, 1, 2, 5] as const;

/**
 * What comes out of a run without failures.
 *
 * @example
 * ```ts
 * import { type OperatorFactory, runOperator } from "@tidemark/core/testing";
 *
 * const twice: OperatorFactory = ({ output }) => ({
 *   id: "twice",
 *   batch: (_input, { values, timestamps }) =>
 *     output.emit({ values: values.map((value) => 2 * (value as number)), timestamps }),
 *   resume: () => 0,
 * });
 * const { main } = runOperator(twice, [{ kind: "batch", records: [[1, 0], [2, 5]] }]);
 * console.log(main);
 * // prints [[2,0],[4,5]]
 * ```
 */
export function runOperator(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions = {},
): Outcome {
  return atOnce(running(factory, calls, options));
}

function* running(factory: OperatorFactory, calls: readonly Call[], options: OperatorHarnessOptions): Driving<Outcome> {
  const harness = new OperatorHarness(factory, options);
  for (const call of calls) yield* harness.calling(call);
  yield* harness.draining();
  return harness.outcome;
}

/**
 * Drives an operator through all that its contract allows, and expects the same to come out every time: records one by one
 * and many at once, outputs that are full every other time, a slice of one piece of work, a checkpoint and a new instance
 * after each step, one restored from each checkpoint that was written while the operator went on, and one from a checkpoint amid
 * the timers of each watermark, where the operator allows it.
 *
 * @returns what came out.
 * @throws {ExpectationError} if something else came out, or the operator broke its contract.
 *
 * @example
 * ```ts
 * import { type OperatorFactory, verifyOperator } from "@tidemark/core/testing";
 *
 * const twice: OperatorFactory = ({ output }) => ({
 *   id: "twice",
 *   batch: (_input, { values, timestamps }) =>
 *     output.emit({ values: values.map((value) => 2 * (value as number)), timestamps }),
 *   resume: () => 0,
 * });
 * const { main } = verifyOperator(twice, [{ kind: "batch", records: [[1, 0], [2, 5]] }]);
 * console.assert(main.length === 2);
 * ```
 */
export function verifyOperator(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions = {},
): Outcome {
  return atOnce(verifying(factory, calls, options));
}

/**
 * As {@link verifyOperator}, for an operator that starts requests and waits for them, such as `asyncMap`. Besides, it must not
 * wait for any when a barrier comes behind what it was given, unless its entries leave memory. Requests get on while `env.turn` of the options is waited for.
 *
 * @returns what came out.
 * @throws {ExpectationError} if something else came out, or the operator broke its contract.
 *
 * @example
 * ```ts
 * import { manualEnv, type OperatorFactory, verifyAsyncOperator } from "@tidemark/core/testing";
 *
 * const twice: OperatorFactory = ({ output }) => ({
 *   id: "twice",
 *   batch: (_input, { values, timestamps }) =>
 *     output.emit({ values: values.map((value) => 2 * (value as number)), timestamps }),
 *   resume: () => 0,
 * });
 * const { env } = manualEnv();
 * const { main } = await verifyAsyncOperator(twice, [{ kind: "batch", records: [[1, 0], [2, 5]] }], { env });
 * console.log(main);
 * // prints [[2,0],[4,5]]
 * ```
 */
export function verifyAsyncOperator(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions & Required<Pick<OperatorHarnessOptions, "env">>,
): Promise<Outcome> {
  return whenEnded(verifying(factory, calls, options));
}

function* verifying(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions,
): Driving<Outcome> {
  const expected = yield* running(factory, calls, options);
  const singly = calls.flatMap(one);
  function* alike(changed: readonly Call[], changes: OperatorHarnessOptions, what: string): Driving<void> {
    const outcome = yield* running(factory, changed, { ...options, ...changes });
    expectAlike(comparable(outcome, options), comparable(expected, options), what);
  }
  yield* alike(calls, { full: true }, "with full outputs");
  yield* alike(calls, { slice: 1 }, "with slices of one");
  yield* alike(calls, { slice: 2, full: true }, "with slices of two and full outputs");
  yield* alike(singly, {}, "record by record");
  yield* alike(singly, { slice: 1, full: true }, "record by record with full outputs");
  yield* alike(joined(calls), {}, "in batches as large as can be");
  const steps = singly.length <= SINGLE_STEPS_MAX ? singly : calls;
  const restores = [
    [steps, false, "restored after each step"],
    [joined(calls), options.paging === undefined, "restored after large batches, with a barrier behind each"],
  ] as const;
  for (const [stepwise, beforeBarrier, what] of restores) {
    const outcome = yield* restarted(factory, stepwise, options, beforeBarrier);
    expectAlike(sorted(outcome, options), sorted(expected, options), what);
  }
  for (const resumes of INTERRUPTED_AFTER) {
    const outcome = yield* interrupted(factory, calls, options, resumes);
    expectAlike(
      sorted(outcome, options),
      sorted(expected, options),
      `restored between timers, after ${resumes} of them`,
    );
  }
  yield* resumeFromEach(factory, steps, options, expected);
  return expected;
}

/** A call as calls of one record each. */
function one(call: Call): readonly Call[] {
  return call.kind === "batch" ? call.records.map((record): Call => ({ ...call, records: [record] })) : [call];
}

/** The calls with all batches joined that follow one another on the same input. */
function joined(calls: readonly Call[]): readonly Call[] {
  const result: Call[] = [];
  for (const call of calls) {
    const last = result.at(-1);
    if (call.kind === "batch" && last?.kind === "batch" && (call.input ?? 0) === (last.input ?? 0)) {
      result[result.length - 1] = { ...last, records: [...last.records, ...call.records] };
    } else {
      result.push(call);
    }
  }
  return result;
}

function expectAlike(actual: Outcome, expected: Outcome, what: string): void {
  expectOutcome(actual.main, expected.main, what);
  const names = new Set([...Object.keys(actual.sides), ...Object.keys(expected.sides)]);
  for (const name of names) {
    expectOutcome(actual.sides[name] ?? [], expected.sides[name] ?? [], `${what}, side output "${name}"`);
  }
  expectSame(actual.droppedLate, expected.droppedLate, `${what}, records dropped late`);
}

/** The outcome of a run without a restore: where watermarks went on counts too, and the order unless it is left open. */
function comparable(outcome: Outcome, options: OperatorHarnessOptions): Outcome {
  const { main, behind } = outcome;
  if (behind.length === 0) {
    // What is read again comes in the order of the store, as after a restore.
    return options.paging !== undefined && options.reorders === true ? { ...outcome, main: byTime(main) } : outcome;
  }
  const placed = main.map(([value, timestamp], index): Timed => [{ value, behind: behind[index] }, timestamp]);
  return sorted({ ...outcome, main: placed }, { reorders: options.unordered === true });
}

function sorted(outcome: Outcome, { reorders, unordered }: OperatorHarnessOptions): Outcome {
  if (reorders !== true && unordered !== true) return outcome;
  return { ...outcome, main: byText(outcome.main) };
}

/** Records one after the other of one time in the order of their texts. */
function byTime(records: readonly Timed[]): readonly Timed[] {
  const moments: Timed[][] = [];
  for (const record of records) {
    const moment = moments.at(-1);
    if (moment !== undefined && moment[0]?.[1] === record[1]) moment.push(record);
    else moments.push([record]);
  }
  return moments.flatMap(byText);
}

function byText(records: readonly Timed[]): readonly Timed[] {
  return records
    .map((record) => ({ record, text: textOf(record) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ record }) => record);
}

/** Takes a checkpoint after each call and goes on with a new instance, which hears the event time again, as from a source. */
function* restarted(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions,
  beforeBarrier: boolean,
): Driving<Outcome> {
  let harness = new OperatorHarness(factory, options);
  let outcome: Outcome = { main: [], sides: {}, droppedLate: 0, behind: [] };
  let reached = NO_TIMESTAMP;
  for (const call of calls) {
    if (beforeBarrier) harness.callBeforeBarrier(call);
    else yield* harness.calling(call);
    if (call.kind === "watermark") reached = call.time;
    outcome = sum(outcome, harness.outcome);
    harness = harness.restored();
    if (reached > NO_TIMESTAMP) yield* harness.calling({ kind: "watermark", time: reached });
  }
  yield* harness.draining();
  return sum(outcome, harness.outcome);
}

function sum(before: Outcome, after: Outcome): Outcome {
  const sides: Record<string, readonly Timed[]> = { ...before.sides };
  for (const [name, records] of Object.entries(after.sides)) sides[name] = [...(sides[name] ?? []), ...records];
  return {
    main: [...before.main, ...after.main],
    sides,
    droppedLate: before.droppedLate + after.droppedLate,
    behind: [],
  };
}

/** Takes a checkpoint amid the timers of each watermark and goes on with a new instance, before which all that comes is heard again. */
function* interrupted(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions,
  resumes: number,
): Driving<Outcome> {
  const narrow = { ...options, slice: 1 };
  let harness = new OperatorHarness(factory, narrow);
  let outcome: Outcome = { main: [], sides: {}, droppedLate: 0, behind: [] };
  for (const call of calls) {
    if (call.kind !== "watermark") {
      yield* harness.calling(call);
      continue;
    }
    if (!(yield* harness.callingInto(call, resumes))) continue;
    outcome = sum(outcome, harness.outcome);
    harness = harness.restored();
    yield* harness.puttingBack();
    // As from a source: for what was announced and is not through.
    yield* harness.calling(call);
  }
  yield* harness.draining();
  return sum(outcome, harness.outcome);
}

/** Freezes before each call and writes after it, as records flow on; then checks that each checkpoint leads to the same end. */
function* resumeFromEach(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions,
  expected: Outcome,
): Driving<void> {
  const harness = new OperatorHarness(factory, options);
  let reached = NO_TIMESTAMP;
  for (const [index, call] of calls.entries()) {
    const before = [...harness.outcome.main];
    const cut = harness.cut(index + 1);
    yield* harness.calling(call);
    const again = harness.restored(harness.write(cut));
    if (reached > NO_TIMESTAMP) yield* again.calling({ kind: "watermark", time: reached });
    for (const later of calls.slice(index)) yield* again.calling(later);
    yield* again.draining();
    const found = { ...again.outcome, main: [...before, ...again.outcome.main] };
    expectOutcome(sorted(found, options).main, sorted(expected, options).main, `resumed before step ${index}`);
    if (call.kind === "watermark") reached = call.time;
  }
}
