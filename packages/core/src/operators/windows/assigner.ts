import type { TimeWindow } from "../../time/windows.ts";
import type { GeneralPlanner } from "./general-windows.ts";
import type { WindowPlan, WindowSpec } from "./window-spec.ts";

/** What a window operator emits: the result of one key in one window. */
export interface WindowResult<K, R> {
  /** The key. */
  readonly key: K;
  /** The window, in milliseconds since the epoch. */
  readonly window: TimeWindow;
  /** The result of its aggregate. */
  readonly value: R;
}

/**
 * How records are put into windows. It brings along the operator that it needs, so that a program contains only the kinds of
 * windows that it uses.
 *
 * @typeParam T the records that it can tell the windows of.
 */
export interface WindowAssigner<T = unknown> {
  /** Such as `tumbling` or `session`. */
  readonly kind: string;
  /**
   * For the engine: how a step with these windows is carried out. What is asked of it besides a plain result brings `general`
   * along.
   */
  plan(spec: WindowSpec, general?: GeneralPlanner): WindowPlan;
  /** Carries the type; never set. */
  records?(value: T): void;
}
