/** Runs an operator with records that it throws on, and again as if they had never come. */
import assert from "node:assert/strict";
import type { OperatorFactory } from "../../src/operators/operator.ts";
import type { StepDeadLetter } from "../../src/operators/dead-letters.ts";
import { type Call, Harness, type HarnessOptions, type Saved, type Timed } from "./harness.ts";

/** What is done between two calls: nothing, a restore from a checkpoint, or a checkpoint that is written a call later. */
export type Between = "nothing" | "restore" | "freeze";

/** Everything that can be seen of a run. */
export interface Seen {
  readonly main: readonly Timed[];
  readonly sides: Readonly<Record<string, readonly Timed[]>>;
  readonly droppedLate: number;
  /** The entries of each checkpoint, and of the last one. */
  readonly saved: readonly (readonly string[])[];
  readonly letters: readonly StepDeadLetter[];
}

/** Runs the calls; what happens after each is `between`, by its number. */
export function runBetween(
  factory: OperatorFactory,
  calls: readonly Call[],
  between: readonly Between[],
  options: HarnessOptions,
): Seen {
  const main: Timed[] = [];
  const sides: Record<string, Timed[]> = {};
  const saved: (readonly string[])[] = [];
  let droppedLate = 0;
  let harness = new Harness(factory, { ...options, deadLetters: "dead" });
  let cut: ReturnType<Harness["cut"]> | undefined;
  const note = (checkpoint: Saved): Saved => {
    const entries = [...checkpoint.entries].map(([key, { value }]) => `${key} ${String(value)}`).toSorted();
    saved.push([...entries, ...(checkpoint.snapshot.operatorStates ?? []).map((state) => JSON.stringify(state))]);
    return checkpoint;
  };
  const collect = (): void => {
    main.push(...harness.outcome.main);
    droppedLate += harness.outcome.droppedLate;
    for (const [side, records] of Object.entries(harness.outcome.sides)) {
      if (records.length > 0) (sides[side] ??= []).push(...records);
    }
  };
  const settle = (): void => {
    if (cut !== undefined) note(harness.write(cut));
    cut = undefined;
  };
  calls.forEach((call, index) => {
    if (call.kind !== "batch") harness.call(call);
    // Copies: what a call does to its record must not reach the other run.
    else if (call.records.length > 0) harness.call({ ...call, records: structuredClone(call.records) });
    settle();
    if (between[index] === "freeze") cut = harness.cut();
    if (between[index] !== "restore") return;
    collect();
    harness = harness.restored(note(harness.save()));
  });
  settle();
  note(harness.save());
  collect();
  const { dead = [], ...others } = sides;
  return { main, sides: others, droppedLate, saved, letters: dead.map(([letter]) => letter as StepDeadLetter) };
}

/** The same calls without the records that an operator throws on. */
export function without(calls: readonly Call[], isPoison: (value: unknown) => boolean): readonly Call[] {
  return calls.map((call) =>
    call.kind === "batch" ? { ...call, records: call.records.filter(([value]) => !isPoison(value)) } : call,
  );
}

/** The records of all calls that an operator throws on, in order. */
export function poisonOf(calls: readonly Call[], isPoison: (value: unknown) => boolean): readonly unknown[] {
  return calls.flatMap((call) =>
    call.kind === "batch" ? call.records.map(([value]) => value).filter((value) => isPoison(value)) : [],
  );
}

/** Nothing can be seen of what was thrown on but its dead letters. */
export function assertAbsent(found: Seen, expected: Seen): void {
  assert.deepEqual(expected.letters, []);
  assert.deepEqual({ ...found, letters: [] }, expected);
}
