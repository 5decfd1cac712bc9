import type { TimeWindow } from "../../time/windows.ts";
import type { KeySelector } from "../keyed-state.ts";
import type { StepPlan } from "../step-plan.ts";

/**
 * What meets in a join: `"pairs"` of a left and a right record; `"left"` records, each with a right one or, if none came,
 * `undefined`; `"groups"` of all left and all right records.
 */
export type Matching = "pairs" | "left" | "groups";

/**
 * A way to join two streams with the same keys, made by one of the functions of `@tidemark/core/joins`. It brings along the
 * operator that it needs, so that a program contains only the joins that it uses.
 *
 * @typeParam M what meets. @typeParam W the window in which it does, if there are any. @typeParam T the
 * records that it can join. @typeParam R those of the right stream, where it treats them in a way of their own.
 */
export interface Join<
  M extends Matching = Matching,
  W extends TimeWindow | undefined = TimeWindow | undefined,
  T = unknown,
  R = unknown,
> {
  /** Such as `"interval"`. */
  readonly kind: string;
  /** For the engine: how a step with this join is carried out. */
  plan(spec: JoinSpec): StepPlan;
  /** Carries the types; never set. */
  readonly meets?: readonly [matching: M, window: W];
  /** Carries the type; never set. */
  records?(value: T): void;
  /** Carries the type; never set. */
  rows?(value: R): void;
}

/** What a join's function gets of the left stream, by what meets. It is state: not to be changed. */
export interface LeftMeets<L> extends Record<Matching, unknown> {
  /** The record of a pair. */
  readonly pairs: L;
  /** The record, or what is there in its place. */
  readonly left: L;
  /** All records of the side, in the order in which they came; none if it is empty. */
  readonly groups: readonly L[];
}

/** What a join's function gets of the right stream, by what meets. It is state: not to be changed. */
export interface RightMeets<R> extends Record<Matching, unknown> {
  /** The record of a pair. */
  readonly pairs: R;
  /** The record, or what is there in its place. */
  readonly left: R | undefined;
  /** All records of the side, in the order in which they came; none if it is empty. */
  readonly groups: readonly R[];
}

/** The function of a join, for the engine. */
export type AnyCombine = (left: unknown, right: unknown, key: unknown, window?: TimeWindow) => unknown;

/** Everything about a step but the way in which it joins. */
export interface JoinSpec {
  /** The id of the step. */
  readonly id: string;
  /** What takes the key out of a record, for each side. */
  readonly keys: readonly [left: KeySelector, right: KeySelector];
  /** Makes a result of what meets. */
  readonly combine: AnyCombine;
  /** The side outputs for records that come too late; `undefined`: they are dropped and counted. */
  readonly late: readonly [left: string | undefined, right: string | undefined];
}
