/** What the tests of windows are made of. */
import type { AggregateFunction } from "../../../src/state/aggregate-function.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import type { WindowAssigner } from "../../../src/operators/windows/assigner.ts";
import type { WindowPlan, WindowSpec } from "../../../src/operators/windows/window-spec.ts";
import type { WindowProcess } from "../../../src/operators/windows/window-process.ts";
import type { StateDescriptors } from "../../../src/state/descriptors.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import type { Call, Timed } from "../harness.ts";
import { generalPlan } from "../../../src/operators/windows/window-plan.ts";

export const batch = (...records: readonly Timed[]): Call => ({ kind: "batch", records });
export const watermark = (time: number): Call => ({ kind: "watermark", time });
/** The end of all input. */
export const end: Call = watermark(END_OF_TIME);

/** Collects strings in place: an accumulator that must not be shared. */
export const collect: AggregateFunction<string, string[], string> = {
  create: () => [],
  add: (items, value) => {
    items.push(value);
    return items;
  },
  result: (items): string => items.join(" "),
  merge: (into, from) => {
    into.push(...from);
    return into;
  },
};

/** What is changed of a step that collects strings by their first letter. */
export interface StepChanges extends Partial<Omit<WindowSpec, "work">> {
  /** `null`: none. */
  readonly aggregate?: AggregateFunction<string, string[], unknown> | null;
  readonly process?: unknown;
}

/** The plan of a window step. */
export function planOf(assigner: WindowAssigner<never>, changes: StepChanges = {}): WindowPlan {
  const { aggregate = collect, process, ...rest } = changes;
  const spec: WindowSpec = {
    id: "w",
    keyOf: (value) => (value as string)[0] as string,
    trigger: undefined,
    evictor: undefined,
    latenessMs: 0,
    lateOutput: "late",
    ...rest,
    work: {
      name: aggregate === null ? "process" : "aggregate",
      aggregate: (aggregate ?? undefined) as never,
      process: process as never,
    },
  };
  return assigner.plan(spec, generalPlan);
}

/** The operator of a window step. */
export function operatorOf(assigner: WindowAssigner<never>, changes?: StepChanges): OperatorFactory {
  return planOf(assigner, changes).create;
}

/** A window process over strings. */
export function processOf<V, S extends StateDescriptors, G extends StateDescriptors>(
  process: WindowProcess<V, string, string, S, G>,
): unknown {
  return process;
}

/** Results as text: `a 0..10 @9: a1 a2`. */
export function shown(records: readonly Timed[]): readonly string[] {
  return records.map(([value, timestamp]) => {
    if (typeof value === "string") return `@${timestamp}: ${value}`;
    const {
      key,
      window,
      value: of,
    } = value as {
      key: string;
      window: { start: number; end: number };
      value: unknown;
    };
    return `${key} ${window.start}..${window.end} @${timestamp}: ${String(of)}`;
  });
}
