import type { SinkDelivery } from "../connect/sink.ts";
import type { StepDeadLetter } from "../operators/dead-letters.ts";
import type { SideOutput } from "../operators/side-output.ts";
import type { Misuse } from "../misuse.ts";
import type { Evictor } from "../operators/windows/evictors/custom-evictor.ts";
import type { Trigger } from "../operators/windows/triggers/custom-trigger.ts";
import type { Lateness } from "../operators/windows/lateness.ts";
import type { KeyShape } from "../state/key-shape.ts";

/** What every step can be given. */
export interface StepOptions {
  /** How many subtasks run it side by side. Default: the `parallelism` of the run. */
  readonly parallelism?: number;
}

/**
 * What a step can be given that calls functions with records.
 *
 * @typeParam T the records.
 */
export interface AtomicStepOptions<T> extends StepOptions {
  /**
   * Where records and timers go that a function of the step throws on. Nothing of the call remains: no state, no timer, no
   * result. Has to be read with `sideOutput`. Without it the first one fails the job.
   */
  readonly deadLetters?: SideOutput<StepDeadLetter<T>>;
}

/** What `partition` can be given. */
export type PartitionOptions<T> = Pick<AtomicStepOptions<T>, "deadLetters">;

/** What a sink can be given. */
export interface SinkOptions extends StepOptions {
  /** Accepts a sink that promises less than the pipeline: `"at-least-once"` in an exactly-once one. */
  readonly delivery?: SinkDelivery;
}

/** What a window can be given. */
export interface WindowOptions<T> extends AtomicStepOptions<T> {
  /** Where records go that come too late for all their windows. Without it they are dropped and counted. */
  readonly lateOutput?: SideOutput<T>;
  /**
   * For how long after its end a window still takes records; each makes it emit a further result. Default: none, a window
   * is forgotten when it is complete.
   */
  readonly allowedLateness?: Lateness | Misuse<"Write allowedLateness: upTo('10m'), from @tidemark/core/windows.">;
  /** When results are emitted. Default: once, when the window is complete, and for each record after that. */
  readonly trigger?: Trigger<T, unknown>;
  /** Removes records before or after a result is made. All records are kept for it, even if they are aggregated. */
  readonly evictor?: Evictor<T>;
}

/** What a join can be given. */
export interface JoinOptions<L, R> extends AtomicStepOptions<L | R> {
  /** Where left records go that come too late to be joined. Without it they are dropped and counted. */
  readonly lateLeft?: SideOutput<L>;
  /** Where right records go that come too late to be joined. Without it they are dropped and counted. */
  readonly lateRight?: SideOutput<R>;
}

/** What keys can be given. */
export interface KeyOptions {
  /** The type of the keys, for the lock file of the pipeline: `"string"`, or a tuple such as `["string", "number"]`. */
  readonly keyType?: KeyShape;
}
