import type { AnyAggregate } from "../../state/aggregate-function.ts";
import type { KeySelector } from "../keyed-state.ts";
import type { StepPlan } from "../step-plan.ts";
import type { BatchBuffer } from "../batch-buffer.ts";
import type { AnyEvictor } from "./evictors/evictor.ts";
import type { AnyTrigger } from "./triggers/trigger.ts";
import type { WindowEmitter } from "./window-emitter.ts";
import type { AnyWindowProcess } from "./window-process.ts";

/** What is made of the records of a window. Without an aggregate the process gets the records themselves. */
export interface WindowFunction {
  /** Where the function comes from: `aggregate`, `reduce` or `process`. For messages. */
  readonly name: string;
  /** Makes one value of all records; `undefined`: the process gets them all. */
  readonly aggregate: AnyAggregate | undefined;
  /** Makes results of that; `undefined`: it is the result. */
  readonly process: AnyWindowProcess | undefined;
  /** Makes what emits results, where neither of the two does. */
  readonly emitter?: ((buffer: BatchBuffer) => WindowEmitter) | undefined;
}

/** Everything about a window step but the windows themselves. */
export interface WindowSpec {
  /** The id of the step. */
  readonly id: string;
  /** Takes the key out of a record. */
  readonly keyOf: KeySelector;
  /** What is made of a window. */
  readonly work: WindowFunction;
  /** `undefined`: a window is fired when time has passed it. */
  readonly trigger: AnyTrigger | undefined;
  /** Removes records when a window is fired; `undefined`: none. */
  readonly evictor: AnyEvictor | undefined;
  /** For how long after its end a window still takes records. */
  readonly latenessMs: number;
  /** The side output for records that come too late. Without it they are dropped and counted. */
  readonly lateOutput: string | undefined;
  /** Of a step that reads two streams the second one; then a window is what `gather` makes of the records of both. */
  readonly right?: RightInput | undefined;
}

/** The second input of a step, and what is made of the records of both. */
export interface RightInput {
  readonly keyOf: KeySelector;
  readonly lateOutput: string | undefined;
  gather(records: readonly GatheredRecord[]): unknown;
}

/** A record of a window. */
export interface GatheredRecord {
  readonly value: unknown;
  /** Which input it came from. */
  readonly input: number;
}

/** How a window step is carried out. */
export type WindowPlan = StepPlan;

/** A step of which nothing is asked but one result of an aggregate for each window, when time has passed it. */
export interface PlainWindowSpec extends Pick<WindowSpec, "id" | "keyOf" | "lateOutput"> {
  /** Where the aggregate comes from, for messages. */
  readonly what: string;
  readonly aggregate: AnyAggregate;
}

/** The step without what it does not use; `undefined` if it is not a plain one. */
export function plainOf(spec: WindowSpec): PlainWindowSpec | undefined {
  const { id, keyOf, lateOutput, trigger, evictor, latenessMs, work } = spec;
  if (trigger !== undefined || evictor !== undefined || latenessMs > 0 || work.process !== undefined) return undefined;
  return work.aggregate === undefined
    ? undefined
    : { id, keyOf, lateOutput, what: work.name, aggregate: work.aggregate };
}
