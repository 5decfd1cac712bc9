import type { TimeWindow } from "../../../time/windows.ts";

/** A record in a window. */
export interface WindowRecord<T> {
  /** The record itself. It is state: do not change it. */
  readonly value: T;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What an evictor is told. */
export interface EvictorContext {
  /** The window that is fired. */
  readonly window: TimeWindow;
  /** The event time reached. */
  readonly watermark: number;
}

/**
 * Removes records from a window when it is fired. A window with an evictor keeps all its records, even if they are
 * aggregated.
 *
 * @typeParam T the records.
 */
export interface EvictorRules<T = unknown> {
  /** What plans call it. */
  readonly name: string;
  /** The records that stay, in the same order: called before the result is made. */
  evictBefore?(records: readonly WindowRecord<T>[], context: EvictorContext): readonly WindowRecord<T>[];
  /** As {@link evictBefore}, after the result was made. */
  evictAfter?(records: readonly WindowRecord<T>[], context: EvictorContext): readonly WindowRecord<T>[];
}

/** The rules of any evictor, for the engine. */
// oxlint-disable-next-line typescript/no-explicit-any -- which records an evictor can judge is its own business
export type AnyEvictor = EvictorRules<any>;
