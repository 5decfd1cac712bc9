import type { OperatorFactory } from "../../operators/operator.ts";
import { NO_TIMESTAMP } from "../../time/timestamps.ts";
import { expectSame } from "../state-backend/expect.ts";
import { type Call, OperatorHarness, type OperatorHarnessOptions, type Outcome, type Timed } from "./harness.ts";
import { expectOutcome, textOf } from "./same.ts";

/** Up to how many records a checkpoint is taken after each one of them, and not only after each batch. */
const SINGLE_STEPS_MAX = 200;

/** What comes out of a run without failures. */
export function runOperator(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions = {},
): Outcome {
  const harness = new OperatorHarness(factory, options);
  for (const call of calls) harness.call(call);
  return harness.outcome;
}

/**
 * Drives an operator through all that its contract allows, and expects the same to come out every time: records one by one
 * and many at once, outputs that are full every other time, a slice of one piece of work, a checkpoint and a new instance
 * after each step, and one restored from each checkpoint that was written while the operator went on.
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
  const expected = runOperator(factory, calls, options);
  const singly = calls.flatMap(one);
  const alike = (changed: readonly Call[], changes: OperatorHarnessOptions, what: string): void =>
    expectAlike(runOperator(factory, changed, { ...options, ...changes }), expected, what);
  alike(calls, { full: true }, "with full outputs");
  alike(calls, { slice: 1 }, "with slices of one");
  alike(calls, { slice: 2, full: true }, "with slices of two and full outputs");
  alike(singly, {}, "record by record");
  alike(singly, { slice: 1, full: true }, "record by record with full outputs");
  alike(joined(calls), {}, "in batches as large as can be");
  const steps = singly.length <= SINGLE_STEPS_MAX ? singly : calls;
  expectAlike(
    sorted(restarted(factory, steps, options), options),
    sorted(expected, options),
    "restored after each step",
  );
  resumeFromEach(factory, steps, options, expected);
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

function sorted(outcome: Outcome, { reorders }: OperatorHarnessOptions): Outcome {
  if (reorders !== true) return outcome;
  const byText = (records: readonly Timed[]): readonly Timed[] =>
    records
      .map((record) => ({ record, text: textOf(record) }))
      .sort((a, b) => (a.text < b.text ? -1 : 1))
      .map(({ record }) => record);
  return { ...outcome, main: byText(outcome.main) };
}

/** Takes a checkpoint after each call and goes on with a new instance, which hears the event time again, as from a source. */
function restarted(factory: OperatorFactory, calls: readonly Call[], options: OperatorHarnessOptions): Outcome {
  let harness = new OperatorHarness(factory, options);
  let outcome: Outcome = { main: [], sides: {}, droppedLate: 0 };
  let reached = NO_TIMESTAMP;
  for (const call of calls) {
    harness.call(call);
    if (call.kind === "watermark") reached = call.time;
    outcome = sum(outcome, harness.outcome);
    harness = harness.restored();
    if (reached > NO_TIMESTAMP) harness.watermark(reached);
  }
  return sum(outcome, harness.outcome);
}

function sum(before: Outcome, after: Outcome): Outcome {
  const sides: Record<string, readonly Timed[]> = { ...before.sides };
  for (const [name, records] of Object.entries(after.sides)) sides[name] = [...(sides[name] ?? []), ...records];
  return {
    main: [...before.main, ...after.main],
    sides,
    droppedLate: before.droppedLate + after.droppedLate,
  };
}

/** Freezes before each call and writes after it, as records flow on; then checks that each checkpoint leads to the same end. */
function resumeFromEach(
  factory: OperatorFactory,
  calls: readonly Call[],
  options: OperatorHarnessOptions,
  expected: Outcome,
): void {
  const harness = new OperatorHarness(factory, options);
  let reached = NO_TIMESTAMP;
  calls.forEach((call, index) => {
    const before = harness.outcome.main.length;
    const cut = harness.cut(index + 1);
    harness.call(call);
    const again = harness.restored(harness.write(cut));
    if (reached > NO_TIMESTAMP) again.watermark(reached);
    for (const later of calls.slice(index)) again.call(later);
    const rest = sorted({ ...expected, main: expected.main.slice(before) }, options);
    expectOutcome(sorted(again.outcome, options).main, rest.main, `resumed before step ${index}`);
    if (call.kind === "watermark") reached = call.time;
  });
}
